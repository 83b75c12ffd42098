import { certificateOf } from "./commonSection.js";
import { type Producing, UNSEALED_MAX } from "./producerState.js";

/** When the next block is due, and whether to start building it (protocol §4, Latency). */
export type Pace =
  | { readonly type: "due" }
  /** Nothing to do before `atMs` unless an event changes that. */
  | { readonly type: "wait"; readonly atMs: number };

/** An idle thread seals every `productionTimeoutMs`; earlier when a block would bring something nearer to final. */
export function paceOf(state: Producing, atMs: number): Pace {
  if (atMs >= state.nextTickMs) return { type: "due" };
  if (!hasReason(state)) return { type: "wait", atMs: state.nextTickMs };
  const earliestMs = state.lastSealMs + state.config.minBlockIntervalMs;
  return atMs >= earliestMs ? { type: "due" } : { type: "wait", atMs: Math.min(earliestMs, state.nextTickMs) };
}

/** The first block of a term, waiting work, or a certificate whose carrying would finalize work. */
function hasReason(state: Producing): boolean {
  if (state.switchCertificate !== null || state.messagesWaiting > 0 || state.importsWaiting) return true;
  return state.openWork.length > 0 && tipIsCertified(state);
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
  return state.hold !== null && atMs - state.lastBuildMs >= state.config.productionTimeoutMs;
}
