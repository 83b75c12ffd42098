import type { Height, Term } from "@sealwright/types";

/** A block's or a certificate's place: term first, then height. */
export interface Rank {
  readonly term: Term;
  readonly height: Height;
}

/** Negative when `a` is below `b`. */
export function compareRank(a: Rank, b: Rank): number {
  if (a.term !== b.term) return a.term < b.term ? -1 : 1;
  if (a.height !== b.height) return a.height < b.height ? -1 : 1;
  return 0;
}

export function maxRank(a: Rank | null, b: Rank | null): Rank | null {
  if (a === null) return b;
  if (b === null) return a;
  return compareRank(a, b) >= 0 ? a : b;
}

/** Is `rank` above `mark`, or is there no mark yet? */
export function isAbove(rank: Rank, mark: Rank | null): boolean {
  return mark === null || compareRank(rank, mark) > 0;
}
