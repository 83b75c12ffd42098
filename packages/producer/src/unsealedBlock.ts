import type { BuiltBlock, StateRef } from "@sealwright/execution";
import type { Height, RandomnessSource, Ref, Term, UnixMs } from "@sealwright/types";

/**
 * A block that was built and has no identity yet: no parent id, no common section (protocol §10). What was assumed
 * while building is compared again when it is sealed.
 */
export interface UnsealedBlock {
  /** What it was built on. */
  readonly parent: StateRef;
  readonly height: Height;
  readonly term: Term;
  readonly timeMs: UnixMs;
  readonly randomness: RandomnessSource;
  readonly refs: readonly Ref[];
  readonly built: BuiltBlock;
  readonly assumptions: Assumptions;
}

/** What building took for granted about the place where the block will stand. */
export interface Assumptions {
  readonly keepers: number;
  readonly threadsTableHash: Uint8Array;
}
