import type { BlockFacts } from "@sealwright/consensus";
import type { AggregatedAttestation, AttestationTarget, SignedAttestation, SignerIndex } from "@sealwright/types";

/** Votes of one target for one own block, and what came of adding them up. */
export interface Collected {
  readonly votes: ReadonlyMap<SignerIndex, SignedAttestation>;
  /** The best aggregate so far, verified. */
  readonly aggregate: AggregatedAttestation | null;
  /** Signers that an aggregation now under way covers; null when none is. */
  readonly aggregating: number | null;
}

/** An own sealed block that the chain has not settled yet: votes for it are collected. */
export interface TailBlock {
  readonly facts: BlockFacts;
  readonly collected: Readonly<Record<AttestationTarget, Collected>>;
}

const NOTHING_COLLECTED: Collected = { votes: new Map(), aggregate: null, aggregating: null };

export function newTailBlock(facts: BlockFacts): TailBlock {
  return { facts, collected: { primary: NOTHING_COLLECTED, fallback: NOTHING_COLLECTED } };
}

export function withCollected(block: TailBlock, target: AttestationTarget, change: Partial<Collected>): TailBlock {
  return { ...block, collected: { ...block.collected, [target]: { ...block.collected[target], ...change } } };
}
