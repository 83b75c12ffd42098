import type { BlockId, Term } from "@sealwright/types";
import { onStart } from "./lifecycle.js";
import type { ProducerEvent } from "./producerEvent.js";
import type { ProducerState } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";

type Starting = ProducerState & { readonly phase: "starting" };
type Waiting = ProducerState & { readonly phase: "waitingForParent" };

/** A producer that rests looks for what it can continue; one that produces or finishes a block knows it. */
export function onPrepare(state: ProducerState, term: Term): ProducerStep {
  switch (state.phase) {
    case "producing":
    case "stopping":
      return { state, effects: [] };
    case "starting":
    case "waitingForParent":
      return state.term === term ? { state, effects: [] } : lookForStart(state, term);
    case "parked":
      return lookForStart(state, term);
  }
}

export function lookForStart({ config }: ProducerState, term: Term): ProducerStep {
  return { state: { phase: "starting", config, term }, effects: [{ type: "findStart", term }] };
}

/** What was found for another term, or after another command, is not followed. */
export function onWhileStarting(state: Starting, event: ProducerEvent): ProducerStep {
  if (event.type !== "startFound" || event.term !== state.term) return { state, effects: [] };
  const { config, term } = state;
  switch (event.outcome.type) {
    case "start":
      return onStart(state, event.outcome.params, event.atMs);
    case "waitForParent":
      return waitFor({ phase: "waitingForParent", config, term, parentId: event.outcome.parentId }, event.atMs);
    case "nothing":
      return { state: { phase: "parked", config }, effects: [] };
  }
}

/** It looks again by itself too: the parent may have been applied between the look and the answer. */
function waitFor(state: Waiting, atMs: number): ProducerStep {
  return { state, effects: [{ type: "wakeAt", atMs: atMs + state.config.productionTimeoutMs }] };
}

export function onWhileWaiting(state: Waiting, event: ProducerEvent): ProducerStep {
  const isDue = event.type === "wake" || (event.type === "parentApplied" && isParent(state, event.blockId));
  return isDue ? lookForStart(state, state.term) : { state, effects: [] };
}

function isParent({ parentId }: Waiting, blockId: BlockId): boolean {
  return parentId === blockId;
}
