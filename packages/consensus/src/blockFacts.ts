import type { BlockId, EnvelopeHash, Height, KeeperId, Round, SeqNo, Term, ThreadId, UnixMs } from "@sealwright/types";
import type { SignerMask } from "./signerMask.js";

/** An ancestor (or the block itself) whose certificate the chain does not carry yet. Always of the block's own term. */
export interface PendingBlock {
  readonly id: BlockId;
  readonly height: Height;
  readonly envelopeHash: EnvelopeHash;
  readonly beta: number;
  /** BKs whose Primary attestations of it or of a descendant the chain carries. */
  readonly voters: SignerMask;
}

/** The highest block of this term whose certificate stands in this block or in an ancestor of the same term. */
export interface CarriedCertificate {
  readonly id: BlockId;
  readonly height: Height;
  /** The block that carries it, a proper descendant of the certified one. */
  readonly carrierId: BlockId;
  readonly carrierHeight: Height;
}

/**
 * What every node derives about a block from the chain alone, so that all honest nodes agree on targets, pending
 * ancestors and finality (invariant I6). Derived from the parent's facts when the block is checked; never changes.
 */
export interface BlockFacts {
  readonly id: BlockId;
  readonly envelopeHash: EnvelopeHash;
  readonly threadId: ThreadId;
  readonly parentId: BlockId;
  readonly height: Height;
  readonly seqNo: SeqNo;
  readonly term: Term;
  readonly round: Round;
  readonly producer: KeeperId;
  readonly timeMs: UnixMs;
  readonly beta: number;
  /** Samples that β was taken from. */
  readonly window: readonly number[];
  /** Samples of the blocks that this block settled, for its children's window. */
  readonly settledSamples: readonly number[];
  /** Ascending by height; the last one is this block itself, unless it is a genesis block. */
  readonly pending: readonly PendingBlock[];
  readonly carried: CarriedCertificate | null;
  /** Ids of the ancestors at distance 1, 2, …; at most 31. */
  readonly recentIds: readonly BlockId[];
  /** Height of the last block that asked to share the state; -1 when none did. */
  readonly lastShareHeight: bigint;
}

/** Ancestors whose ids a block's facts hold: as far back as the source of its randomness may lie. */
export const RECENT_IDS_MAX = 31;
