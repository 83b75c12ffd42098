import { assertNever, type BlockId, type Term } from "@sealwright/types";
import { termFault } from "./commandCheck.js";
import { endProduction, onStart } from "./lifecycle.js";
import type { ProducerEvent } from "./producerEvent.js";
import type { ProducerState, Starting, WaitingForParent } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";
import { baseOf, ignore, lookForStart, park, withEffectsBefore } from "./resting.js";

/**
 * Told to go on in a term: a producer that rests looks for what it can continue. One that is at work in that term knows
 * it, one that is at work in an earlier term leaves that, and one that finishes a block looks when the block is out.
 */
export function onPrepare(state: ProducerState, term: Term): ProducerStep {
  const fault = termFault(state, term);
  if (fault !== null) return ignore(state, "prepare", fault);
  switch (state.phase) {
    case "parked":
      return lookForStart(state, term);
    case "starting":
    case "waitingForParent":
      return state.term === term ? { state, effects: [] } : lookForStart(state, term);
    case "producing":
      return state.term === term ? { state, effects: [] } : endProduction(state, term);
    case "stopping":
      return { state: { ...state, next: term }, effects: [] };
    default:
      return assertNever(state);
  }
}

/** What was found for another term, or after another command, is not followed. */
export function onWhileStarting(state: Starting, event: ProducerEvent): ProducerStep {
  if (event.type !== "startFound" || event.term !== state.term) return { state, effects: [] };
  switch (event.outcome.type) {
    case "start": {
      const { params } = event.outcome;
      const started = onStart(state, params, event.atMs);
      const isIgnored = started.state === state;
      return isIgnored ? withEffectsBefore(started.effects, park(state, "nothingToContinue")) : started;
    }
    case "waitForParent": {
      const { parentId } = event.outcome;
      return waitFor({ phase: "waitingForParent", ...baseOf(state), term: state.term, parentId }, event.atMs);
    }
    case "nothing":
      return park(state, "nothingToContinue");
    default:
      return assertNever(event.outcome);
  }
}

/** It looks again by itself too: the parent may have been applied between the look and the answer. */
function waitFor(state: WaitingForParent, atMs: number): ProducerStep {
  return { state, effects: [{ type: "wakeAt", atMs: atMs + state.config.productionTimeoutMs }] };
}

export function onWhileWaiting(state: WaitingForParent, event: ProducerEvent): ProducerStep {
  const isDue = event.type === "wake" || (event.type === "parentApplied" && isParent(state, event.blockId));
  return isDue ? lookForStart(state, state.term) : { state, effects: [] };
}

function isParent({ parentId }: WaitingForParent, blockId: BlockId): boolean {
  return parentId === blockId;
}
