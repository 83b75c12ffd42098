import { assertNever, type BlockId } from "@sealwright/types";
import type { ProducerEffect } from "./producerEffect.js";
import type { Producing, ProducerState, Stopping } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";
import { discardAll } from "./publish.js";
import { lookForStart, rest, withEffectsBefore } from "./resting.js";

/**
 * The chain down to the last final block is broken: nothing that stands on these blocks can become final. Production
 * breaks off, and all messages return to the queue, those of own blocks that left as well. A producer that was not told to
 * stop looks for what it can still continue in its term, which is never a block of a dead branch.
 */
export function onAbandoned(state: ProducerState, blockIds: readonly BlockId[]): ProducerStep {
  switch (state.phase) {
    case "parked":
      return { state, effects: [] };
    case "starting":
    case "waitingForParent":
      return { state, effects: [{ type: "withdraw", blockIds }] };
    case "producing":
    case "stopping":
      return standsOn(state, new Set(blockIds))
        ? breakOff(state, blockIds)
        : { state, effects: [{ type: "withdraw", blockIds }] };
    default:
      return assertNever(state);
  }
}

function breakOff(state: Producing | Stopping, blockIds: readonly BlockId[]): ProducerStep {
  const back: ProducerEffect[] = [
    ...discardAll(state, { withDraft: true }),
    { type: "withdraw", blockIds: [...new Set([...blockIds, ...ownAbove(state, new Set(blockIds))])] },
  ];
  if (state.phase === "stopping") return withEffectsBefore(back, rest(state, state.next, "chainBroken"));
  const interrupted: ProducerEffect = { type: "interrupted", reason: "chainBroken" };
  return withEffectsBefore([...back, interrupted], lookForStart(state, state.term));
}

/** Own blocks from the first abandoned one upwards: they are one chain. */
function ownAbove(state: Producing | Stopping, abandoned: ReadonlySet<BlockId>): BlockId[] {
  if (state.phase === "stopping") return [];
  const ids = state.tail.map(({ facts }) => facts.id);
  const first = ids.findIndex((id) => abandoned.has(id));
  return first < 0 ? [] : ids.slice(first);
}

function standsOn(state: Producing | Stopping, abandoned: ReadonlySet<BlockId>): boolean {
  if (state.sealing.stage !== "idle" && abandoned.has(state.sealing.draft.facts.parentId)) return true;
  if (state.phase !== "producing") return false;
  return abandoned.has(state.tip.id) || state.tail.some(({ facts }) => abandoned.has(facts.id));
}
