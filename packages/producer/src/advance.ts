import { claimOf, RECENT_IDS_MAX } from "@sealwright/consensus";
import { assertNever, height, type RandomnessSource, unixMs } from "@sealwright/types";
import { budgetMsOf, sealingBegan } from "./buildBudget.js";
import { aggregateForDeadline } from "./collectVotes.js";
import { completeCommonSection } from "./commonSection.js";
import { mayBuild, paceOf } from "./pace.js";
import type { BuildOrder, ProducerEffect } from "./producerEffect.js";
import type { Producing } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";
import { buildsOf, discardAll } from "./publish.js";
import { park, withEffectsBefore } from "./resting.js";
import type { SealDraft } from "./sealDraft.js";

interface Advanced extends ProducerStep {
  readonly state: Producing;
}

/** After every event: seal what is ready, build what is due, and say when to look again. */
export function advance(state: Producing, atMs: number, wallMs: number): ProducerStep {
  const signed = signAgain(state, atMs);
  const sealed = sealNext(signed.state, atMs);
  const effects = [...signed.effects, ...sealed.effects];
  if (sealed.state.phase !== "producing") return { state: sealed.state, effects };
  const built = buildNext(sealed.state, atMs, wallMs);
  const wakeAtMs = nextLookMs(built.state, atMs);
  const wake: ProducerEffect[] = wakeAtMs === null ? [] : [{ type: "wakeAt", atMs: wakeAtMs }];
  return { state: built.state, effects: [...effects, ...built.effects, ...wake] };
}

/** When something may be due although no event comes; null when only an event can change anything. */
function nextLookMs(state: Producing, atMs: number): number | null {
  const { sealing, hold, config } = state;
  const pace = paceOf(state, atMs);
  const looksMs = pace.type === "wait" ? [pace.atMs] : hold === null ? [] : [atMs + config.productionTimeoutMs];
  if (sealing.stage === "signing" && sealing.retryAtMs !== null) looksMs.push(sealing.retryAtMs);
  return looksMs.length === 0 ? null : Math.min(...looksMs);
}

function signAgain(state: Producing, atMs: number): Advanced {
  const { sealing } = state;
  if (sealing.stage !== "signing" || sealing.retryAtMs === null || atMs < sealing.retryAtMs)
    return { state, effects: [] };
  return {
    state: { ...state, sealing: { ...sealing, retryAtMs: null } },
    effects: [{ type: "signSeal", claim: claimOf(sealing.draft.unsigned) }],
  };
}

function sealNext(state: Producing, atMs: number): ProducerStep {
  const first = state.unsealed[0];
  if (first === undefined || state.sealing.stage !== "idle") return { state, effects: [] };
  const outcome = completeCommonSection(state, first);
  switch (outcome.type) {
    case "success":
      return startSealing(state, outcome.draft, atMs);
    case "notReadyYet": {
      const held = { ...state, hold: { blockId: outcome.blockId, reason: outcome.reason } };
      const helped = aggregateForDeadline(held, outcome.blockId);
      return { state: helped.state, effects: helped.effects };
    }
    case "assumptionsFailed":
      return {
        // What is being built stands on what is dropped here.
        state: { ...state, unsealed: [], building: null, hold: null },
        effects: [{ type: "discard", builds: buildsOf(state.unsealed) }],
      };
    case "notInKeeperSet":
      return withEffectsBefore(discardAll(state, { withDraft: true }), park(state, "notInKeeperSet"));
    default:
      return assertNever(outcome);
  }
}

function startSealing(state: Producing, draft: SealDraft, atMs: number): Advanced {
  const isFirstOfTerm = draft.facts.round > 0n;
  // Idle blocks keep their beat: the next tick counts from when this one was due, not from when it was done.
  const wasTick = atMs >= state.nextTickMs && atMs - state.nextTickMs < state.config.productionTimeoutMs;
  const beatMs = wasTick ? state.nextTickMs : atMs;
  const next: Producing = {
    ...state,
    unsealed: state.unsealed.slice(1),
    sealing: { stage: "recording", draft },
    hold: null,
    budget: sealingBegan(state.budget, atMs),
    lastSealMs: atMs,
    nextTickMs: beatMs + state.config.productionTimeoutMs,
  };
  return { state: next, effects: [{ type: "recordSeal", block: draft.unsigned, isFirstOfTerm }] };
}

function buildNext(state: Producing, atMs: number, wallMs: number): Advanced {
  if (!mayBuild(state, atMs)) return { state, effects: [] };
  const order = buildOrderFor(state, wallMs);
  if (order === null) return { state, effects: [] };
  return {
    state: { ...state, building: { parent: order.parent, height: order.height, sinceMs: atMs }, lastBuildMs: atMs },
    effects: [{ type: "build", order }],
  };
}

/** The next block stands on the last built one, or on the tip; its time never runs backwards. */
function buildOrderFor(state: Producing, wallMs: number): BuildOrder | null {
  const last = state.unsealed[state.unsealed.length - 1];
  const nextHeight = height((last?.height ?? state.tip.height) + 1n);
  const distance = Number(nextHeight - state.tip.height);
  if (distance > RECENT_IDS_MAX) return null;
  const randomness: RandomnessSource = { ancestorId: state.tip.id, distance };
  return {
    parent: last === undefined ? { block: state.tip.id } : last.built.ref,
    height: nextHeight,
    term: state.term,
    timeMs: unixMs(Math.max(wallMs, last?.timeMs ?? state.tip.timeMs)),
    randomness,
    budgetMs: budgetMsOf(state.budget, state.config.productionTimeoutMs),
  };
}
