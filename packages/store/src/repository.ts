import type {
  AccountId,
  BlockHeader,
  BlockId,
  FinalityProof,
  Height,
  MessageHash,
  Result,
  SealedBlock,
  StateChange,
  Term,
  ThreadId,
  UnixMs,
  VoteState,
} from "@sealwright/types";
import type { CustodyRecord } from "./custodyRecord.js";
import type { EvidenceRecord } from "./evidenceRecord.js";
import type { FinalRecord } from "./finalRecord.js";
import type { StoredHeadline } from "./headerRecord.js";
import type { MessageStatusRecord } from "./messageStatus.js";
import type { PlacedTrace, TraceRecord } from "./traceRecord.js";

/** A line of the producer's log: what this node sealed, so that it never seals another block there (protocol §9). */
export interface SealedEntry {
  readonly threadId: ThreadId;
  readonly term: Term;
  readonly height: Height;
  readonly blockId: BlockId;
  /** Also becomes the thread's one first block of this term. */
  readonly firstOfTerm: boolean;
}

/** A block that became final. Its body is stored before or in the same batch. */
export interface FinalEntry {
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly blockId: BlockId;
  readonly proof: FinalityProof;
  /** At most `FACTS_BYTES_MAX`. */
  readonly facts: Uint8Array;
  /** The block's state update: applied to the thread's stored final state in the same batch. */
  readonly state: readonly StateChange[];
  /** What the engine noted of the block's messages; kept and pruned with the block. */
  readonly traces?: readonly TraceRecord[];
}

/** Any mix of records that become durable together. */
export interface RepositoryBatch {
  readonly blocks?: readonly SealedBlock[];
  readonly voteStates?: readonly { readonly threadId: ThreadId; readonly state: VoteState }[];
  readonly sealed?: readonly SealedEntry[];
  /** Per thread ascending and without gaps, from one above the last final block. */
  readonly final?: readonly FinalEntry[];
  readonly messages?: readonly { readonly hash: MessageHash; readonly status: MessageStatusRecord }[];
  readonly custody?: {
    readonly put?: readonly CustodyRecord[];
    readonly release?: readonly { readonly threadId: ThreadId; readonly hash: MessageHash }[];
  };
}

/** Where a thread begins. */
export interface ThreadGenesis {
  readonly threadId: ThreadId;
  readonly blockId: BlockId;
  /** Null when the genesis block has no header of its own. */
  readonly header: BlockHeader | null;
  readonly facts: Uint8Array;
  /** The whole state at height 0. */
  readonly state: readonly StateChange[];
}

/** The store begins with another block than the one given. */
export interface InitializeError {
  readonly code: "otherGenesis";
  readonly threadId: ThreadId;
  readonly stored: BlockId;
  readonly given: BlockId;
}

/** One entry of a thread's state, as the executor spells it. */
export interface StateEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Which final blocks of a thread may go. */
export interface PruneOptions {
  readonly threadId: ThreadId;
  /** Final blocks that stay, counted from the last one; at least 1. */
  readonly keepBlocks: number;
  /** Blocks from this height on stay in any case, because somebody still needs them. */
  readonly keepFrom?: Height;
  /** Blocks deleted by this call at most. */
  readonly deleteMax?: number;
}

/** Which traces of an account, in which order. */
export type TraceQuery = {
  /** At most 1,000 come. */
  readonly limit: number;
} & (
  | {
      readonly order: "newestFirst";
      /** Only traces with a smaller logical time; null: from the newest on. */
      readonly below: bigint | null;
    }
  | {
      readonly order: "oldestFirst";
      /** Only traces with a larger logical time. */
      readonly above: bigint;
    }
);

/** Which old answers to clients may go, and how many are looked at. */
export interface SweepOptions {
  /** Final answers that no block gave are forgotten when they are older than this. */
  readonly answeredBeforeMs: UnixMs;
  /** Null: from the beginning; else what the last sweep returned. */
  readonly after: MessageHash | null;
  readonly scanMax?: number;
}

/**
 * What one node must not forget, for all of its threads. Reads and commits reject with `StoreError`; a batch that
 * breaks an invariant (see README) rejects with `AssertionError` and changes nothing.
 */
export interface Repository {
  /** Writes the records at height 0, once; on later starts it only compares. */
  initialize(threads: readonly ThreadGenesis[]): Promise<Result<void, InitializeError>>;
  /** All or nothing, in the order of the calls; durable when resolved. Concurrent commits share one sync. */
  commit(batch: RepositoryBatch): Promise<void>;

  /** The block with its body, hashed again on the way; null when unknown or pruned. */
  block(id: BlockId): Promise<SealedBlock | null>;
  header(id: BlockId): Promise<BlockHeader | null>;
  /** Without reading the body; null when unknown, pruned, or when only the header ever was here. */
  headline(id: BlockId): Promise<StoredHeadline | null>;
  /** All known blocks of a height, final or not, ascending by id. */
  blocksAt(threadId: ThreadId, at: Height): Promise<BlockId[]>;
  /** Stored blocks above the last final one, ascending by (height, id): what a restart replays. */
  unfinalizedBlocks(threadId: ThreadId): AsyncIterable<SealedBlock>;

  finalAt(threadId: ThreadId, at: Height): Promise<BlockId | null>;
  lastFinal(threadId: ThreadId): Promise<FinalRecord | null>;
  finalityProof(id: BlockId): Promise<FinalityProof | null>;
  /** Final blocks from a height on, ascending. */
  finalRange(threadId: ThreadId, from: Height, limit: number): Promise<FinalRecord[]>;

  /** The whole state after the last final block, ascending by key, from one snapshot. */
  state(threadId: ThreadId): AsyncIterable<StateEntry>;
  stateEntry(threadId: ThreadId, key: Uint8Array): Promise<Uint8Array | null>;

  voteState(threadId: ThreadId): Promise<VoteState | null>;
  sealedAt(threadId: ThreadId, term: Term, at: Height): Promise<BlockId | null>;
  firstSealedOf(threadId: ThreadId, term: Term): Promise<BlockId | null>;
  /** The entry of the highest (term, height). */
  lastSealed(threadId: ThreadId): Promise<SealedEntry | null>;

  /** Keeps a proof of a fault, durably. @returns false when one of the same offence is kept, or enough against its keeper */
  keepEvidence(record: EvidenceRecord): Promise<boolean>;
  /** In no particular order; at most `EVIDENCE_PER_KEEPER_MAX` for each keeper. */
  evidence(): AsyncIterable<EvidenceRecord>;

  /** How final blocks changed an account. */
  traces(account: AccountId, query: TraceQuery): Promise<PlacedTrace[]>;

  messageStatus(hash: MessageHash): Promise<MessageStatusRecord | null>;
  custody(threadId: ThreadId): AsyncIterable<CustodyRecord>;

  /** The lowest final block above genesis that was not pruned; null when there is none. */
  oldestFinal(threadId: ThreadId): Promise<FinalRecord | null>;
  /**
   * Forgets all about old final blocks (bodies, headers, proofs, facts, log lines, what became of their messages) and
   * about their abandoned rivals. Call it again while it returns `more`. The genesis, the last final block and
   * everything above it always stay, and so do vote states, which block is final where the last vote lies, and custody.
   */
  prune(options: PruneOptions): Promise<{ readonly deleted: number; readonly more: boolean }>;
  /** Forgets old final answers that stand in no block, a bounded step at a time; `next` is null at the end. */
  sweepMessages(options: SweepOptions): Promise<{ readonly deleted: number; readonly next: MessageHash | null }>;
}
