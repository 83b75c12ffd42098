/** Deadlines adapt to how far down the chain attestations are usually carried (protocol §5). */

/** How many settled blocks the estimate remembers. */
export const TARGET_WINDOW = 15;
/** β of a thread that has settled nothing yet. */
export const INITIAL_BETA = 3;
/** The longest that β gets, in blocks. */
export const BETA_MAX = 30;

/** What the estimate remembers at genesis. */
export const INITIAL_WINDOW: readonly number[] = Array.from({ length: TARGET_WINDOW }, () => INITIAL_BETA);

/** @returns the last `TARGET_WINDOW` samples after `settled` (distances in block order) were added */
export function pushSamples(window: readonly number[], settled: readonly number[]): readonly number[] {
  return settled.length === 0 ? window : [...window, ...settled].slice(-TARGET_WINDOW);
}

/** β of a block: grows to the median at once, shrinks by one, stays within 1..30. */
export function nextBeta(parentBeta: number, window: readonly number[]): number {
  const sorted = [...window].sort((a, b) => a - b);
  const median = Math.max(1, sorted[Math.floor(sorted.length / 2)] ?? INITIAL_BETA);
  return median < parentBeta ? Math.max(1, parentBeta - 1) : Math.min(median, BETA_MAX);
}

/** From this distance on, a majority must have been carried. */
export function primaryDeadline(beta: number): number {
  return beta;
}

/** At this distance no ancestor may be pending any more. */
export function fallbackDeadline(beta: number): number {
  return 2 * beta + 1;
}
