import { claimOf } from "@sealwright/consensus";
import type { StateRef } from "@sealwright/execution";
import { assertNever, type Height } from "@sealwright/types";
import { finalMoved, takeAccusation, withoutCarried } from "./accusations.js";
import { advance } from "./advance.js";
import { hasWork } from "./blockWork.js";
import { correctBudget, sealingEnded } from "./buildBudget.js";
import { takeAggregate, takeCertificate, takeVote } from "./collectVotes.js";
import { onAbandoned } from "./abandoned.js";
import { onBuilderLost } from "./builderLost.js";
import { onStart, onStop, onWhileStopping } from "./lifecycle.js";
import type { ProducerEvent } from "./producerEvent.js";
import type { ProducerState, Producing } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";
import { discardAll, discardBuilt, publishOf } from "./publish.js";
import { park, withEffectsBefore } from "./resting.js";
import { newTailBlock } from "./sealedTail.js";
import { onPrepare, onWhileStarting, onWhileWaiting } from "./starting.js";
import type { UnsealedBlock } from "./unsealedBlock.js";
import type { WaitingAccusation } from "./waitingAccusation.js";

/** Pure and total: the same state and event give the same step on every machine. */
export function step(state: ProducerState, event: ProducerEvent): ProducerStep {
  const reacted = react(state, event);
  if (reacted.state.phase !== "producing") return reacted;
  return withEffectsBefore(reacted.effects, advance(reacted.state, event.atMs, event.unixMs));
}

function react(state: ProducerState, event: ProducerEvent): ProducerStep {
  if (event.type === "start") return onStart(state, event.params, event.atMs);
  if (event.type === "stop") return onStop(state);
  if (event.type === "abandoned") return onAbandoned(state, event.blockIds);
  if (event.type === "builderLost") return onBuilderLost(state, event.atMs);
  if (event.type === "prepare") return onPrepare(state, event.term);
  if (event.type === "accusation") return onAccusation(state, { bytes: event.accusation, height: event.height });
  if (event.type === "final") return onFinal(state, event.height);
  if (event.type === "built" && isResting(state)) return { state, effects: [discardBuilt(event.unsealed)] };
  switch (state.phase) {
    case "parked":
      return { state, effects: [] };
    case "starting":
      return onWhileStarting(state, event);
    case "waitingForParent":
      return onWhileWaiting(state, event);
    case "stopping":
      return onWhileStopping(state, event);
    case "producing":
      return onWhileProducing(state, event);
    default:
      return assertNever(state);
  }
}

function isResting({ phase }: ProducerState): boolean {
  return phase === "parked" || phase === "starting" || phase === "waitingForParent";
}

function onWhileProducing(
  state: Producing,
  event: Exclude<
    ProducerEvent,
    { type: "start" | "stop" | "builderLost" | "abandoned" | "prepare" | "accusation" | "final" }
  >,
): ProducerStep {
  switch (event.type) {
    case "workWaiting":
      return { state: { ...state, messagesWaiting: event.messages, importsWaiting: event.imports }, effects: [] };
    case "built":
      return onBuilt(state, event.unsealed, event.messagesWaiting, event.atMs);
    case "buildFailed":
      return {
        state: { ...state, building: null, restUntilMs: event.atMs + state.config.minBlockIntervalMs },
        effects: [],
      };
    case "sealRecorded":
      return onRecorded(state, event.blockId);
    case "sealSigned":
      return onSigned(state, event);
    case "sealRefused":
      return onRefused(state, event.blockId, event.code);
    case "sealFailed":
      return { state: onSignerFailed(state, event.blockId, event.atMs), effects: [] };
    case "vote":
      return takeVote(state, event.vote);
    case "aggregated":
      return takeAggregate(state, event);
    case "certificate":
      return { state: takeCertificate(state, event.certificate), effects: [] };
    case "wake":
    // Another command came first.
    case "startFound":
    case "parentApplied":
      return { state, effects: [] };
    default:
      return assertNever(event);
  }
}

function onFinal(state: ProducerState, height: Height): ProducerStep {
  const moved = finalMoved(state, height);
  if (moved.phase !== "producing") return { state: moved, effects: [] };
  return { state: { ...moved, openWork: moved.openWork.filter((open) => open > height) }, effects: [] };
}

/** A parked producer does not know whether it will ever carry one. */
function onAccusation(state: ProducerState, waiting: WaitingAccusation): ProducerStep {
  return { state: state.phase === "parked" ? state : takeAccusation(state, waiting), effects: [] };
}

function onBuilt(state: Producing, unsealed: UnsealedBlock, messagesWaiting: number, atMs: number): ProducerStep {
  const { building } = state;
  const isOurs =
    building !== null &&
    building.height === unsealed.height &&
    isSameRef(building.parent, unsealed.parent) &&
    unsealed.term === state.term;
  if (!isOurs) return { state, effects: [discardBuilt(unsealed)] };
  const leftMessages = unsealed.built.results.some(({ type }) => type === "left");
  const built = { tookMs: atMs - building.sinceMs, leftMessages };
  const next = {
    ...state,
    building: null,
    budget: correctBudget(state.budget, built, state.config.productionTimeoutMs),
    lastBuildMs: atMs,
    messagesWaiting,
    importsWaiting: false,
    unsealed: [...state.unsealed, unsealed],
  };
  return { state: next, effects: [] };
}

function onRecorded(state: Producing, blockId: string): ProducerStep {
  if (state.sealing.stage !== "recording" || state.sealing.draft.unsigned.id !== blockId) return { state, effects: [] };
  const { draft } = state.sealing;
  return {
    state: { ...state, sealing: { stage: "signing", draft, retryAtMs: null } },
    effects: [{ type: "signSeal", claim: claimOf(draft.unsigned) }],
  };
}

function onSigned(
  state: Producing,
  { blockId, signature, atMs }: ProducerEvent & { type: "sealSigned" },
): ProducerStep {
  if (state.sealing.stage !== "signing" || state.sealing.draft.unsigned.id !== blockId) return { state, effects: [] };
  const { draft } = state.sealing;
  const publish = publishOf(draft, signature);
  const facts = publish.facts;
  const stillPending = new Set(facts.pending.map((pending) => pending.id));
  const next: Producing = {
    ...state,
    sealing: { stage: "idle" },
    budget: sealingEnded(state.budget, atMs),
    switchCertificate: null,
    accusations: withoutCarried(state.accusations, publish.block.body.accusations),
    tip: facts,
    tail: [...state.tail, newTailBlock(facts)].filter((block) => stillPending.has(block.facts.id)),
    openWork: hasWork(publish.block) ? [...state.openWork, facts.height] : state.openWork,
  };
  return { state: next, effects: [publish] };
}

function onRefused(state: Producing, blockId: string, code: string): ProducerStep {
  if (state.sealing.stage !== "signing" || state.sealing.draft.unsigned.id !== blockId) return { state, effects: [] };
  return withEffectsBefore(discardAll(state, { withDraft: true }), park(state, `sealRefused:${code}`));
}

/** The recorded block is the only one that may stand at its place, so its signature is asked for until it comes. */
function onSignerFailed(state: Producing, blockId: string, atMs: number): Producing {
  if (state.sealing.stage !== "signing" || state.sealing.draft.unsigned.id !== blockId) return state;
  return { ...state, sealing: { ...state.sealing, retryAtMs: atMs + state.config.productionTimeoutMs } };
}

function isSameRef(a: StateRef, b: StateRef): boolean {
  if ("block" in a) return "block" in b && a.block === b.block;
  return "build" in b && a.build === b.build;
}
