import { claimOf, deriveFacts } from "@sealwright/consensus";
import { assertNever, type SealedBlock } from "@sealwright/types";
import { hasWork } from "./blockWork.js";
import { FIRST_BUDGET } from "./buildBudget.js";
import { takeCertificate } from "./collectVotes.js";
import type { ProducerEffect } from "./producerEffect.js";
import type { ProducerEvent } from "./producerEvent.js";
import type { ProducerState, Producing } from "./producerState.js";
import { discardAll, discardBuilt, publishOf } from "./publish.js";
import type { SealDraft, Sealing } from "./sealDraft.js";
import { newTailBlock } from "./sealedTail.js";
import type { StartParams } from "./startParams.js";
import type { ProducerStep } from "./producerStep.js";

/** A command equal to the present one changes nothing; any other replaces it, and what was built comes back. */
export function onStart(state: ProducerState, params: StartParams, atMs: number): ProducerStep {
  if (state.phase === "producing" && state.term === params.term) return { state, effects: [] };
  const underSeal = draftUnderSeal(state, params);
  const discarded = underSeal === null ? discardAll(state, { withDraft: true }) : [];
  let next: Producing = {
    phase: "producing",
    config: state.config,
    term: params.term,
    switchCertificate: params.switchCertificate,
    tip: params.parent,
    tail: params.tail.map(({ facts }) => newTailBlock(facts)),
    openWork: params.tail.filter(({ block }) => hasWork(block)).map(({ facts }) => facts.height),
    unsealed: [],
    building: null,
    budget: state.phase === "producing" ? state.budget : FIRST_BUDGET,
    sealing: underSeal ?? { stage: "idle" },
    accusations: [],
    messagesWaiting: 0,
    importsWaiting: false,
    lastSealMs: atMs,
    lastBuildMs: atMs,
    nextTickMs: atMs,
    restUntilMs: atMs,
    hold: null,
  };
  for (const certificate of params.certificates) next = takeCertificate(next, certificate);
  const again = params.tail.map(({ block }): ProducerEffect => ({ type: "announceAgain", block }));
  if (underSeal !== null || params.draft === null) return { state: next, effects: [...discarded, ...again] };
  return resumeDraft(next, params.draft, [...discarded, ...again]);
}

/** A block that a stopping producer still seals stays the only one at its place when it is told to go on in that term. */
function draftUnderSeal(state: ProducerState, params: StartParams): Sealing | null {
  if (state.phase !== "stopping" || state.sealing.stage === "idle") return null;
  const { header } = state.sealing.draft.unsigned;
  return header.term === params.term && header.parentId === params.parent.id ? state.sealing : null;
}

/** A recorded block that never left is the only one that may stand at its place: it is signed and sent as it is. */
function resumeDraft(state: Producing, unsigned: SealedBlock, effects: readonly ProducerEffect[]): ProducerStep {
  const derived = completeDraft(state, unsigned);
  if (derived === null)
    return {
      state: { phase: "parked", config: state.config },
      effects: [...effects, { type: "stopped", reason: "recordedBlockUnusable" }],
    };
  return {
    state: { ...state, sealing: { stage: "signing", draft: derived, retryAtMs: null } },
    effects: [...effects, { type: "signSeal", claim: claimOf(unsigned) }],
  };
}

function completeDraft(state: Producing, unsigned: SealedBlock): SealDraft | null {
  const { id, envelopeHash, header, body } = unsigned;
  const derived = deriveFacts(state.config.rules, state.tip, { id, envelopeHash, header, common: body });
  return derived.ok ? { unsigned, facts: derived.value, build: null, isStateHeld: false } : null;
}

export function onStop(state: ProducerState): ProducerStep {
  if (state.phase === "starting" || state.phase === "waitingForParent")
    return { state: { phase: "parked", config: state.config }, effects: [{ type: "stopped", reason: "stopped" }] };
  if (state.phase !== "producing") return { state, effects: [] };
  const { config, sealing } = state;
  // A signer that failed may fail for long: the recorded block is taken up by the next start in this term.
  const isWaiting = sealing.stage === "signing" && sealing.retryAtMs !== null;
  if (sealing.stage !== "idle" && !isWaiting)
    return { state: { phase: "stopping", config, sealing }, effects: discardAll(state, { withDraft: false }) };
  const effects = discardAll(state, { withDraft: true });
  return { state: { phase: "parked", config }, effects: [...effects, { type: "stopped", reason: "stopped" }] };
}

export function onWhileStopping(state: ProducerState & { phase: "stopping" }, event: ProducerEvent): ProducerStep {
  const { sealing } = state;
  if (event.type === "built") return { state, effects: [discardBuilt(event.unsealed)] };
  // Only what concerns the block that is being sealed still matters.
  if (!("blockId" in event) || sealing.stage === "idle" || event.blockId !== sealing.draft.unsigned.id)
    return { state, effects: [] };
  const parked: ProducerState = { phase: "parked", config: state.config };
  const stopped: ProducerEffect = { type: "stopped", reason: "stopped" };
  switch (event.type) {
    case "sealRecorded":
      return {
        state: { ...state, sealing: { stage: "signing", draft: sealing.draft, retryAtMs: null } },
        effects: [{ type: "signSeal", claim: claimOf(sealing.draft.unsigned) }],
      };
    case "sealSigned":
      return { state: parked, effects: [publishOf(sealing.draft, event.signature), stopped] };
    case "sealRefused":
    case "sealFailed":
      // Recorded and not signed: the next start in this term takes it up; its messages go to whoever comes first.
      return { state: parked, effects: [...discardAll(state, { withDraft: true }), stopped] };
    case "aggregated":
    case "parentApplied":
      return { state, effects: [] };
    default:
      return assertNever(event);
  }
}
