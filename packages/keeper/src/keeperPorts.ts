import type {
  AggregatedAttestation,
  Attestation,
  BlockId,
  BlockVerdict,
  Height,
  KeeperId,
  SealedBlock,
  SignedAttestation,
  SignedLock,
  SignedNack,
  SignerIndex,
  Term,
  VoteState,
} from "@sealwright/types";
import type { ChainNotice, FinalizedRun, PenaltyCause } from "./keeperEffect.js";
import type { ExecutionOutcome, ForgeOutcome } from "./keeperEvent.js";

/** What a keeper's runner needs from outside, each an edge of its own: crypto, execution, disk, forge, network. */
export interface KeeperPorts {
  /** All signatures of a block: its producer's, its carried attestations', its switch certificate's. */
  checkSignatures(block: SealedBlock): Promise<boolean>;
  /** A certificate that a peer relayed: quorum, members, signature. */
  checkCertificate(certificate: AggregatedAttestation): Promise<boolean>;
  execute(block: SealedBlock): Promise<ExecutionOutcome>;
  /** For a block that this keeper does not verify: takes its update and compares the root. */
  applyUpdate(block: SealedBlock): Promise<ExecutionOutcome>;
  /** A Nack's signature, and its ticket's where it has one. */
  checkNack(nack: SignedNack): Promise<boolean>;
  /** Signs the ticket of a block; it leaves only with a verdict. */
  drawTicket(blockId: BlockId): Promise<ForgeOutcome>;
  /** Signs and sends a verdict on which nothing depends. */
  acknowledge(to: KeeperId, verdict: BlockVerdict, ticket: Uint8Array): void;
  forgeNack(verdict: BlockVerdict, reason: number): Promise<ForgeOutcome>;
  /** To everybody when `to` is null. */
  sendNack(to: KeeperId | null, nack: SignedNack): void;
  /** Durable when resolved; calls become durable in the order in which they were made. A failure ends the node. */
  commit(blocks: readonly SealedBlock[], vote: VoteState): Promise<void>;
  /** @param highestQc what this keeper has on disk */
  forgeVote(attestation: Attestation, highestQc: AggregatedAttestation | null): Promise<ForgeOutcome>;
  forgeLock(term: Term, qc: AggregatedAttestation | null): Promise<ForgeOutcome>;
  /** To everybody when `to` is null. */
  sendSuspect(to: KeeperId | null, term: Term): void;
  sendYield(to: KeeperId | null, term: Term): void;
  sendLock(to: KeeperId | null, lock: SignedLock): void;
  /** Adds up the signatures of Locks, ascending by signer; when one is bad there is no sum, and it is named. */
  aggregateLocks(
    locks: readonly SignedLock[],
  ): Promise<{ readonly signature: Uint8Array | null; readonly bad: readonly SignerIndex[] }>;
  /** Adds votes up, verified; null when the good ones are no quorum. */
  completeCertificate(
    attestation: Attestation,
    votes: readonly SignedAttestation[],
  ): Promise<AggregatedAttestation | null>;
  sendVote(to: KeeperId, vote: SignedAttestation): void;
  /** Takes a newly final run; called in order. What "final" needs on disk is the receiver's to commit before telling. */
  finalize(run: FinalizedRun): void;
  /** @param to null for every peer */
  sendStatus(to: KeeperId | null): void;
  requestBlocks(to: KeeperId, fromHeight: Height, tipId: BlockId | null): void;
  penalize(peer: KeeperId, cause: PenaltyCause, detail: string): void;
  notify(notice: ChainNotice): void;
  releaseStates(blockIds: readonly BlockId[]): void;
  /** Something that guards safety failed: the node must stop. */
  fail(error: unknown): void;
}
