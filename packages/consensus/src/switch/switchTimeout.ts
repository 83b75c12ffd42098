import type { Term } from "@sealwright/types";

/** How long a keeper waits for a final block before it suspects the producer of the first term after a final one. */
export const SWITCH_BASE_MS = 1_000;
const SWITCH_MS_MAX = 30_000;
const GROWTH = 1.5;
/** Beyond it the bound holds in any case, and the power stays a small number. */
const GROWTH_STEPS_MAX = 16n;
/** Suspects and Locks leave again after this long, until there is progress. */
export const SWITCH_RESEND_MS = 300;
/** A Suspect says what its sender thinks now: an older one counts for nothing. */
export const SUSPECT_FRESH_MS = 1_000;
/** Block times may stay this far behind for as long as `BLOCK_LAG_FOR_MS`; then their producer is suspected (§8). */
export const BLOCK_LAG_MS_MAX = 5_000;
/** How long block times may lag by more than `BLOCK_LAG_MS_MAX` before their producer is suspected. */
export const BLOCK_LAG_FOR_MS = 10_000;

/**
 * S1: how long without progress until the producer of `currentTerm` is suspected. It grows with the terms that passed
 * since the last final block, and with nothing else, so keepers that see the same chain wait alike.
 */
export function switchTimeoutMs(currentTerm: Term, finalTerm: Term): number {
  const terms = currentTerm - finalTerm;
  const steps = terms < 0n ? 0n : terms > GROWTH_STEPS_MAX ? GROWTH_STEPS_MAX : terms;
  return Math.min(SWITCH_BASE_MS * GROWTH ** Number(steps), SWITCH_MS_MAX);
}
