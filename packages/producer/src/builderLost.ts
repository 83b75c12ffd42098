import type { ProducerState, Producing } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";
import { discardAll } from "./publish.js";
import type { UnderSeal } from "./sealDraft.js";

/**
 * The builder was replaced. What was built and not sealed is gone, so its messages return to the queue in order. A block
 * that is being sealed has all it needs in its body: it goes on, and the keeper executes it like any other.
 */
export function onBuilderLost(state: ProducerState, atMs: number): ProducerStep {
  switch (state.phase) {
    case "parked":
    case "starting":
    case "waitingForParent":
      return { state, effects: [] };
    case "stopping":
      return { state: { ...state, sealing: withoutState(state.sealing) }, effects: [] };
    case "producing":
      return { state: buildAnew(state, atMs), effects: discardAll(state, { withDraft: false }) };
  }
}

function buildAnew(state: Producing, atMs: number): Producing {
  return {
    ...state,
    unsealed: [],
    building: null,
    hold: null,
    sealing: state.sealing.stage === "idle" ? state.sealing : withoutState(state.sealing),
    restUntilMs: atMs + state.config.minBlockIntervalMs,
  };
}

function withoutState(sealing: UnderSeal): UnderSeal {
  return { ...sealing, draft: { ...sealing.draft, isStateHeld: false } };
}
