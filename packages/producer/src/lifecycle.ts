import { claimOf, deriveFacts } from "@sealwright/consensus";
import { assertNever, type SealedBlock } from "@sealwright/types";
import { hasWork } from "./blockWork.js";
import { takeCertificate } from "./collectVotes.js";
import type { ProducerEffect } from "./producerEffect.js";
import type { ProducerEvent } from "./producerEvent.js";
import type { ProducerState, Producing } from "./producerState.js";
import { discardAll, publishOf } from "./publish.js";
import type { SealDraft } from "./sealDraft.js";
import { newTailBlock } from "./sealedTail.js";
import type { StartParams } from "./startParams.js";
import type { ProducerStep } from "./producerStep.js";

/** A command equal to the present one changes nothing; any other replaces it, and what was built comes back. */
export function onStart(state: ProducerState, params: StartParams, atMs: number): ProducerStep {
  if (state.phase === "producing" && state.term === params.term) return { state, effects: [] };
  const discarded = discardAll(state);
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
    sealing: { stage: "idle" },
    messagesWaiting: 0,
    importsWaiting: false,
    lastSealMs: atMs,
    lastBuildMs: atMs,
    nextTickMs: atMs,
    hold: null,
  };
  for (const certificate of params.certificates) next = takeCertificate(next, certificate);
  const again = params.tail.map(({ block }): ProducerEffect => ({ type: "announceAgain", block }));
  if (params.draft === null) return { state: next, effects: [...discarded, ...again] };
  return resumeDraft(next, params.draft, [...discarded, ...again]);
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
    state: { ...state, sealing: { stage: "signing", draft: derived } },
    effects: [...effects, { type: "signSeal", claim: claimOf(unsigned) }],
  };
}

function completeDraft(state: Producing, unsigned: SealedBlock): SealDraft | null {
  const { id, envelopeHash, header, body } = unsigned;
  const derived = deriveFacts(state.config.rules, state.tip, { id, envelopeHash, header, common: body });
  return derived.ok ? { unsigned, facts: derived.value, build: null } : null;
}

export function onStop(state: ProducerState): ProducerStep {
  if (state.phase !== "producing") return { state, effects: [] };
  const effects = discardAll(state);
  if (state.sealing.stage === "idle")
    return {
      state: { phase: "parked", config: state.config },
      effects: [...effects, { type: "stopped", reason: "stopped" }],
    };
  return { state: { phase: "stopping", config: state.config, sealing: state.sealing }, effects };
}

export function onWhileStopping(state: ProducerState & { phase: "stopping" }, event: ProducerEvent): ProducerStep {
  const { sealing } = state;
  // Only what concerns the block that is being sealed still matters.
  if (!("blockId" in event) || sealing.stage === "idle" || event.blockId !== sealing.draft.unsigned.id)
    return { state, effects: [] };
  const parked: ProducerState = { phase: "parked", config: state.config };
  const stopped: ProducerEffect = { type: "stopped", reason: "stopped" };
  switch (event.type) {
    case "sealRecorded":
      return {
        state: { ...state, sealing: { stage: "signing", draft: sealing.draft } },
        effects: [{ type: "signSeal", claim: claimOf(sealing.draft.unsigned) }],
      };
    case "sealSigned":
      return { state: parked, effects: [publishOf(sealing.draft, event.signature), stopped] };
    case "sealRefused":
      return { state: parked, effects: [stopped] };
    case "aggregated":
      return { state, effects: [] };
    default:
      return assertNever(event);
  }
}
