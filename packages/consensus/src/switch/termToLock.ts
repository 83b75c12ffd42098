import type { Term } from "@sealwright/types";
import type { KeeperSet } from "../keeperSet.js";

/** What one BK says of a thread's terms; null when it says nothing. */
export interface TermWish {
  /** Of its Suspect, if that is fresh. */
  readonly suspected: Term | null;
  /** Of its Lock. */
  readonly locked: Term | null;
}

/**
 * S2: the highest term that a quorum of BKs suspects or locks, or that f + 1 BKs lock: of those one is honest, so a
 * quorum suspected it before. A lone BK that runs ahead moves nobody.
 * @param wishes one per BK
 * @returns null when no term has enough
 */
export function termToLock(keepers: KeeperSet, wishes: Iterable<TermWish>): Term | null {
  const leaving: Term[] = [];
  const locked: Term[] = [];
  for (const wish of wishes) {
    if (wish.locked !== null) locked.push(wish.locked);
    const either = higher(wish.suspected, wish.locked);
    if (either !== null) leaving.push(either);
  }
  return higher(nthHighest(leaving, keepers.quorum), nthHighest(locked, keepers.faultTolerance + 1));
}

/** The highest term that `count` of these reach. */
function nthHighest(terms: Term[], count: number): Term | null {
  const descending = [...terms].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0));
  return descending[count - 1] ?? null;
}

function higher(a: Term | null, b: Term | null): Term | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
