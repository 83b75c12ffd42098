import { certificateOf } from "./commonSection.js";
import { type Producing, UNSEALED_MAX } from "./producerState.js";

/** When the next block is due, and whether to start building it (protocol §4, Latency). */
export type Pace =
  | { readonly type: "due" }
  /** Nothing to do before `atMs` unless an event changes that. */
  | { readonly type: "wait"; readonly atMs: number };

/** With this many open blocks that hold messages, more are on their way: a block that would only carry waits for them. */
const FLOWING_BLOCKS = 2;
const CARRIER_INTERVALS = 2;
/** A tip without its certificate holds back waiting work for this many block intervals at most. */
export const UNCERTIFIED_INTERVALS = 6;

/** An idle thread seals every `productionTimeoutMs`; earlier when a block would bring something nearer to final. */
export function paceOf(state: Producing, atMs: number): Pace {
  if (atMs < state.restUntilMs) return { type: "wait", atMs: state.restUntilMs };
  if (atMs >= state.nextTickMs) return { type: "due" };
  const intervals = intervalsToWait(state);
  const earliestMs = state.lastSealMs + intervals * state.config.minBlockIntervalMs;
  if (atMs >= earliestMs) return { type: "due" };
  return { type: "wait", atMs: Math.min(earliestMs, state.nextTickMs) };
}

/**
 * Block intervals from the last seal to the next one. Work that waits follows the certificate of the tip: blocks then
 * come as fast as keepers attest them, and no faster, so an overloaded network makes fewer and larger blocks instead of a
 * longer queue of small ones. A lost vote holds work back only so long.
 */
function intervalsToWait(state: Producing): number {
  if (state.switchCertificate !== null) return 0;
  const isCertified = tipIsCertified(state);
  if (state.messagesWaiting > 0 || state.importsWaiting) return isCertified ? 1 : UNCERTIFIED_INTERVALS;
  if (!isCertified || state.openWork.length === 0) return Infinity;
  return state.openWork.length >= FLOWING_BLOCKS ? CARRIER_INTERVALS : 1;
}

function tipIsCertified(state: Producing): boolean {
  const tip = state.tail.find((block) => block.facts.id === state.tip.id);
  return tip === undefined || certificateOf(state, tip) !== null;
}

/**
 * Whether the builder may start: nothing is being built, and either nothing waits to be sealed and the next block is due,
 * or the sealer is held back and the builder runs ahead at the idle pace, up to its bound.
 */
export function mayBuild(state: Producing, atMs: number): boolean {
  if (state.building !== null || state.unsealed.length >= UNSEALED_MAX) return false;
  if (state.unsealed.length === 0) return state.sealing.stage === "idle" && paceOf(state, atMs).type === "due";
  const isRested = atMs >= state.restUntilMs;
  return state.hold !== null && isRested && atMs - state.lastBuildMs >= state.config.productionTimeoutMs;
}
