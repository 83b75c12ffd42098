/** The part of the full rate with which a warm-up begins. */
const FIRST_SHARE = 0.1;

/**
 * How many messages are due by `atMs` after the start. Within the warm-up the rate grows evenly from a tenth to the
 * whole, as load does on a service that was just started: code that runs for the first time is many times slower, and a
 * queue that it leaves behind would be measured instead of the service.
 */
export function dueBy(atMs: number, { ratePerS, warmUpMs }: { ratePerS: number; warmUpMs: number }): number {
  const rampMs = Math.min(atMs, warmUpMs);
  const rampShare = warmUpMs === 0 ? 0 : FIRST_SHARE + ((1 - FIRST_SHARE) * rampMs) / warmUpMs / 2;
  return Math.floor((ratePerS * (rampMs * rampShare + atMs - rampMs)) / 1_000);
}
