import type { BlockFacts } from "@sealwright/consensus";
import type { StateRef } from "@sealwright/execution";
import type {
  AggregatedAttestation,
  Attestation,
  BlockClaim,
  BlockId,
  Height,
  RandomnessSource,
  SealedBlock,
  SignedAttestation,
  SignerIndex,
  Term,
  UnixMs,
} from "@sealwright/types";
import type { IgnoredReason } from "./ignoredReason.js";
import type { StopReason } from "./stopReason.js";

/** What a block under construction stands on. */
export interface BuildOrder {
  readonly parent: StateRef;
  readonly height: Height;
  readonly term: Term;
  readonly timeMs: UnixMs;
  readonly randomness: RandomnessSource;
  /** Wall-clock time for the block's messages: this producer's own, no rule of the protocol. */
  readonly budgetMs: number;
}

/** What a step asks of its runner; outcomes come back as the named events. */
export type ProducerEffect =
  /** -> built | buildFailed. Takes messages from the queue and final imports from other threads. */
  | { readonly type: "build"; readonly order: BuildOrder }
  /** -> sealRecorded, when (thread, term, height) -> id and the body are on disk. */
  | { readonly type: "recordSeal"; readonly block: SealedBlock; readonly isFirstOfTerm: boolean }
  /** -> sealSigned | sealRefused | sealFailed */
  | { readonly type: "signSeal"; readonly claim: BlockClaim }
  /** To the own keeper and to all others. `build` names what it was built as, and the state to bind if it is held. */
  | {
      readonly type: "publish";
      readonly block: SealedBlock;
      readonly facts: BlockFacts;
      readonly build: number | null;
      readonly isStateHeld: boolean;
    }
  /** A sealed block that others may lack, once more. */
  | { readonly type: "announceAgain"; readonly block: SealedBlock }
  /** -> aggregated */
  | { readonly type: "aggregate"; readonly attestation: Attestation; readonly votes: readonly SignedAttestation[] }
  /** A complete certificate, to everybody, so that all learn the last QC without a further block. */
  | { readonly type: "relayCertificate"; readonly certificate: AggregatedAttestation }
  | { readonly type: "penalizeSigner"; readonly signer: SignerIndex }
  /** Blocks that will not be sealed: their states may go, and every message that they consumed returns in order. */
  | { readonly type: "discard"; readonly builds: readonly number[] }
  | { readonly type: "wakeAt"; readonly atMs: number }
  /** -> startFound. What is durable and applied here says what to continue. */
  | { readonly type: "findStart"; readonly term: Term }
  /** Own blocks that left and can never be final: the messages in them return in order. */
  | { readonly type: "withdraw"; readonly blockIds: readonly BlockId[] }
  /** Production breaks off and looks for a new start in its own term: nothing that waits goes away. */
  | { readonly type: "interrupted"; readonly reason: "chainBroken" }
  /** Production ends: what waits goes to whoever routes it. */
  | { readonly type: "stopped"; readonly reason: StopReason }
  | { readonly type: "commandIgnored"; readonly command: "start" | "prepare"; readonly reason: IgnoredReason };
