import type { BlockId, BlockVerdict, Height, SignedNack, SignerIndex } from "@sealwright/types";
import type { Forging } from "../ownVote.js";

/** This keeper's Nack on its way: it leaves when the forge has signed it, and again until the block has fallen away. */
export interface OwnNack {
  readonly verdict: BlockVerdict;
  readonly reason: number;
  readonly ticket: Uint8Array | null;
  readonly forging: Forging;
  /** When it last left, monotonic; null before. */
  readonly sentAtMs: number | null;
}

/** A good Nack of a block that is not here: the block is asked of who sent the Nack. */
export interface FetchingNack {
  readonly nack: SignedNack;
  readonly sinceMs: number;
}

/** What one keeper knows of blocks that were called bad. */
export interface Nacking {
  /** Who called which held block bad, with good signatures. */
  readonly taken: ReadonlyMap<BlockId, ReadonlySet<SignerIndex>>;
  readonly fetching: readonly FetchingNack[];
  readonly own: ReadonlyMap<BlockId, OwnNack>;
  /** Whose Nacks hold no vote of blocks up to which height: they called a good block bad. */
  readonly distrusted: ReadonlyMap<SignerIndex, Height>;
  /** Blocks that became final while a Nack had them executed again. */
  readonly doubtedFinals: ReadonlySet<BlockId>;
}

export const NO_NACKS: Nacking = {
  taken: new Map(),
  fetching: [],
  own: new Map(),
  distrusted: new Map(),
  doubtedFinals: new Set(),
};

/** Nacks of one BK whose blocks are not here yet (protocol §7). */
export const NACKS_FETCHING_MAX = 4;
