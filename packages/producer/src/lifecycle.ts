import { claimOf, deriveFacts } from "@sealwright/consensus";
import { assertNever, type SealedBlock, type Term } from "@sealwright/types";
import { withoutCarried } from "./accusations.js";
import { hasWork } from "./blockWork.js";
import { FIRST_BUDGET } from "./buildBudget.js";
import { takeCertificate } from "./collectVotes.js";
import { contradictsSealed, isEqualStart, termFault } from "./commandCheck.js";
import type { ProducerEffect } from "./producerEffect.js";
import type { ProducerEvent } from "./producerEvent.js";
import type { ProducerState, Producing, Stopping } from "./producerState.js";
import { discardAll, discardBuilt, publishOf } from "./publish.js";
import { baseOf, ignore, park, rest, withEffectsBefore } from "./resting.js";
import type { SealDraft, Sealing } from "./sealDraft.js";
import { newTailBlock } from "./sealedTail.js";
import type { StartParams } from "./startParams.js";
import type { ProducerStep } from "./producerStep.js";

/**
 * A command equal to the present one changes nothing, nor does one for an earlier term or for the term of somebody else;
 * any other replaces it, and what was built comes back.
 */
export function onStart(state: ProducerState, params: StartParams, atMs: number): ProducerStep {
  const fault = termFault(state, params.term);
  if (fault !== null) return ignore(state, "start", fault);
  if (isEqualStart(state, params)) return { state, effects: [] };
  const underSeal = draftUnderSeal(state, params);
  if (underSeal === null && contradictsSealed(state, params)) {
    // What it seals at this moment shows what can be continued in that term, and only when it is out.
    if (state.phase === "stopping") return { state: { ...state, next: params.term }, effects: [] };
    return ignore(state, "start", "sealedOtherwise");
  }
  return begin(state, params, { underSeal, atMs });
}

function begin(
  state: ProducerState,
  params: StartParams,
  { underSeal, atMs }: { readonly underSeal: Sealing | null; readonly atMs: number },
): ProducerStep {
  const discarded = underSeal === null ? discardAll(state, { withDraft: true }) : [];
  let next: Producing = {
    phase: "producing",
    ...baseOf(state),
    term: params.term,
    startedFrom: params.parent.id,
    switchCertificate: params.switchCertificate,
    tip: params.parent,
    tail: params.tail.map(({ facts }) => newTailBlock(facts)),
    openWork: params.tail.filter(({ block }) => hasWork(block)).map(({ facts }) => facts.height),
    unsealed: [],
    building: null,
    budget: state.phase === "producing" ? state.budget : FIRST_BUDGET,
    sealing: underSeal ?? { stage: "idle" },
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
  if (state.phase !== "stopping") return null;
  const { header } = state.sealing.draft.unsigned;
  return header.term === params.term && header.parentId === params.parent.id ? state.sealing : null;
}

/** A recorded block that never left is the only one that may stand at its place: it is signed and sent as it is. */
function resumeDraft(state: Producing, unsigned: SealedBlock, effects: readonly ProducerEffect[]): ProducerStep {
  const derived = completeDraft(state, unsigned);
  if (derived === null) return withEffectsBefore(effects, park(state, "recordedBlockUnusable"));
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
  switch (state.phase) {
    case "parked":
      return { state, effects: [] };
    case "starting":
    case "waitingForParent":
      return park(state, "stopped");
    case "stopping":
      return { state: { ...state, next: null }, effects: [] };
    case "producing":
      return endProduction(state, null);
    default:
      return assertNever(state);
  }
}

/** What was built ahead comes back, and what is being sealed leaves first. `next`: the term to go on in, if any. */
export function endProduction(state: Producing, next: Term | null): ProducerStep {
  const { sealing } = state;
  // A signer that failed may fail for long: the recorded block is taken up by the next start in this term.
  const isWaiting = sealing.stage === "signing" && sealing.retryAtMs !== null;
  if (sealing.stage !== "idle" && !isWaiting)
    return {
      state: { phase: "stopping", ...baseOf(state), sealing, next },
      effects: discardAll(state, { withDraft: false }),
    };
  return withEffectsBefore(discardAll(state, { withDraft: true }), rest(state, next, "stopped"));
}

export function onWhileStopping(state: Stopping, event: ProducerEvent): ProducerStep {
  const { sealing, next } = state;
  if (event.type === "built") return { state, effects: [discardBuilt(event.unsealed)] };
  // Only what concerns the block that is being sealed still matters.
  if (!("blockId" in event) || event.blockId !== sealing.draft.unsigned.id) return { state, effects: [] };
  switch (event.type) {
    case "sealRecorded":
      return {
        state: { ...state, sealing: { stage: "signing", draft: sealing.draft, retryAtMs: null } },
        effects: [{ type: "signSeal", claim: claimOf(sealing.draft.unsigned) }],
      };
    case "sealSigned": {
      const publish = publishOf(sealing.draft, event.signature);
      const accusations = withoutCarried(state.accusations, publish.block.body.accusations);
      return withEffectsBefore([publish], rest({ ...state, accusations }, next, "stopped"));
    }
    case "sealRefused":
    case "sealFailed":
      // Recorded and not signed: the next start in this term takes it up; its messages go to whoever comes first.
      return withEffectsBefore(discardAll(state, { withDraft: true }), rest(state, next, "stopped"));
    case "aggregated":
    case "parentApplied":
      return { state, effects: [] };
    default:
      return assertNever(event);
  }
}
