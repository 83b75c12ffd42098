import type { BlockId } from "@sealwright/types";

/**
 * Why a block is bad for ever: a fault in what its id commits to, which anyone proves by hashing again (protocol §8).
 * What depends on a node's own view (clock, missing parent) is never a fault.
 */
export type BlockFault =
  | { readonly code: "wrongNetwork" }
  | { readonly code: "wrongThread" }
  | { readonly code: "wrongParent" }
  | { readonly code: "wrongHeight" }
  | { readonly code: "wrongSeqNo" }
  | { readonly code: "wrongTerm" }
  | { readonly code: "wrongSelector" }
  | { readonly code: "wrongProducer" }
  | { readonly code: "timeBelowParent" }
  | { readonly code: "timeOutOfRange" }
  | { readonly code: "wrongRandomness" }
  | { readonly code: "wrongThreadsTable" }
  | { readonly code: "stateSharedTooOften" }
  /** What it carries as an accusation is none, whatever it would prove. */
  | { readonly code: "badAccusation" }
  | { readonly code: "missingSwitchCertificate" }
  | { readonly code: "unexpectedSwitchCertificate" }
  | { readonly code: "badSwitchCertificate"; readonly reason: string }
  | { readonly code: "attestationNotPending"; readonly blockId: BlockId }
  | { readonly code: "attestationMismatch"; readonly blockId: BlockId }
  | { readonly code: "duplicateAttestation"; readonly blockId: BlockId }
  /** A signer is not a member, or stands there twice, or nobody signed. */
  | { readonly code: "unknownSigner"; readonly blockId: BlockId }
  | { readonly code: "majorityMissing"; readonly blockId: BlockId; readonly distance: number; readonly voters: number }
  | { readonly code: "quorumMissing"; readonly blockId: BlockId; readonly distance: number };
