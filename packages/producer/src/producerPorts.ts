import type { BlockFacts } from "@sealwright/consensus";
import type { BlockContext, BlockLimits, ImportError, ImportRange, MessageResult } from "@sealwright/execution";
import type {
  AggregatedAttestation,
  Attestation,
  BlockClaim,
  FinalityProof,
  ImportCursor,
  MessageHash,
  SealedBlock,
  SignedAttestation,
  SignerIndex,
  Term,
  ThreadId,
} from "@sealwright/types";
import type { IgnoredReason } from "./ignoredReason.js";
import type { QueuedMessage } from "./messageQueue.js";
import type { BuildOrder } from "./producerEffect.js";
import type { StartOutcome } from "./startParams.js";
import type { StopReason } from "./stopReason.js";

/** Final messages of another thread that this one has not imported, and the proof that they are final. */
export interface ImportOffer {
  readonly range: ImportRange;
  readonly proof: FinalityProof;
}

/** What the signer said to a block. */
export type SealOutcome =
  | { readonly type: "signed"; readonly signature: Uint8Array }
  /** The key may not sign this block: the producer cannot go on. */
  | { readonly type: "refused"; readonly code: string }
  /** Nothing was decided: the signer did not answer, or the queue was full. It is asked again. */
  | { readonly type: "failed"; readonly code: string };

/** What a block producer needs from outside. */
export interface ProducerPorts {
  /** What can be continued in `term`, from what is durable and what is applied here. */
  findStart(term: Term): Promise<StartOutcome>;
  contextFor(order: BuildOrder): BlockContext;
  limits(): BlockLimits;
  /** A block is built, for people who ask how long that took. */
  built?(order: BuildOrder): void;
  /** Threads whose messages may come here; all but the own one. */
  importSources(): readonly ThreadId[];
  /** Where importing from `source` goes on after the newest sealed block of the own thread. */
  cursorOf(source: ThreadId): ImportCursor;
  /** Everything final from `cursor` on, bounded by the caller's limits; null when there is nothing. */
  offerImports(source: ThreadId, cursor: ImportCursor): ImportOffer | null;
  /** Durable when resolved: (thread, term, height) -> id, the first of a term, and the body. A failure ends the node. */
  recordSeal(block: SealedBlock, isFirstOfTerm: boolean): Promise<void>;
  signSeal(claim: BlockClaim): Promise<SealOutcome>;
  /** To the own keeper and to all others. `executed` is false for a block that was recorded before a restart. */
  publish(block: SealedBlock, facts: BlockFacts, executed: boolean): void;
  announceAgain(block: SealedBlock): void;
  /** Adds votes up, verified; bad ones are left out and named. */
  aggregate(
    attestation: Attestation,
    votes: readonly SignedAttestation[],
  ): Promise<{ readonly aggregate: AggregatedAttestation | null; readonly bad: readonly SignerIndex[] }>;
  relayCertificate(certificate: AggregatedAttestation): void;
  penalizeSigner(signer: SignerIndex): void;
  /** What building a block said of a message that it did not take and never will. */
  messageSkipped(hash: MessageHash, result: MessageResult & { readonly type: "skipped" }): void;
  /** What `offerImports` gave does not follow on what the own thread imported before: a bug of whoever keeps the cursors. */
  importRefused(error: ImportError): void;
  /** Production broke off and looks for a new start in its term; what waits stays in the queue. */
  interrupted(reason: "chainBroken"): void;
  /** A command was not followed. */
  commandIgnored(command: "start" | "prepare", reason: IgnoredReason): void;
  /** Production ended. */
  stopped(reason: StopReason): void;
  /** Production is over, and these still wait, in order: whoever routes messages brings them to the next producer. */
  handBack(messages: readonly QueuedMessage[]): void;
  /** Something that guards safety failed: the node must stop. */
  fail(error: unknown): void;
}
