import type { BlockId } from "@sealwright/types";
import type { ProducerState } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";
import { discardAll } from "./publish.js";

/**
 * The chain down to the last final block is broken: nothing that stands on these blocks can become final. Production
 * ends, and all messages that did not leave return to the queue. A later start says what to continue.
 */
export function onAbandoned(state: ProducerState, blockIds: readonly BlockId[]): ProducerStep {
  if (state.phase === "parked" || !standsOn(state, new Set(blockIds))) return { state, effects: [] };
  const effects = discardAll(state, { withDraft: true });
  return {
    state: { phase: "parked", config: state.config },
    effects: [...effects, { type: "stopped", reason: "chainBroken" }],
  };
}

function standsOn(state: Exclude<ProducerState, { phase: "parked" }>, abandoned: ReadonlySet<BlockId>): boolean {
  if (state.sealing.stage !== "idle" && abandoned.has(state.sealing.draft.facts.parentId)) return true;
  if (state.phase !== "producing") return false;
  return abandoned.has(state.tip.id) || state.tail.some(({ facts }) => abandoned.has(facts.id));
}
