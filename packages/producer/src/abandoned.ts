import type { BlockId } from "@sealwright/types";
import type { ProducerState } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";
import { discardAll } from "./publish.js";
import type { Sealing } from "./sealDraft.js";
import { lookForStart } from "./starting.js";

/**
 * The chain down to the last final block is broken: nothing that stands on these blocks can become final. Production
 * ends, and all messages that did not leave return to the queue. A producer that was not told to stop looks for what it
 * can still continue in its term, which is never a block of a dead branch.
 */
export function onAbandoned(state: ProducerState, blockIds: readonly BlockId[]): ProducerStep {
  if (!("sealing" in state) || !standsOn(state, new Set(blockIds))) return { state, effects: [] };
  const effects = [...discardAll(state, { withDraft: true }), { type: "stopped", reason: "chainBroken" } as const];
  if (state.phase === "stopping") return { state: { phase: "parked", config: state.config }, effects };
  const looking = lookForStart(state, state.term);
  return { state: looking.state, effects: [...effects, ...looking.effects] };
}

function standsOn(state: Extract<ProducerState, { sealing: Sealing }>, abandoned: ReadonlySet<BlockId>): boolean {
  if (state.sealing.stage !== "idle" && abandoned.has(state.sealing.draft.facts.parentId)) return true;
  if (state.phase !== "producing") return false;
  return abandoned.has(state.tip.id) || state.tail.some(({ facts }) => abandoned.has(facts.id));
}
