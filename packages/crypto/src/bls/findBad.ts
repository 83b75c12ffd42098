/**
 * Finds what spoils a batch by halving it, with about 2 · bad · log2(n) checks.
 * @param holds checks `items` as one; whatever it answers for two parts must decide the whole: a whole fails when
 *   exactly one of its parts fails
 * @returns the bad items in order; every part that `holds` accepted is good as a whole
 */
export function findBad<T>(items: readonly T[], holds: (part: readonly T[]) => boolean): T[] {
  if (items.length === 0 || holds(items)) return [];
  return splitFailed(items, holds);
}

/** @param items known not to hold, so a single one is bad without a further check */
function splitFailed<T>(items: readonly T[], holds: (part: readonly T[]) => boolean): T[] {
  if (items.length === 1) return [...items];
  const middle = items.length >>> 1;
  const left = items.slice(0, middle);
  const right = items.slice(middle);
  // A good left half leaves only the right one to blame: the check of it is saved.
  if (holds(left)) return splitFailed(right, holds);
  return [...splitFailed(left, holds), ...findBad(right, holds)];
}
