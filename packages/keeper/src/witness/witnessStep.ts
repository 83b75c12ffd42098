import { checkEvidence, claimedOffence, type Offence, offenceKey } from "@sealwright/consensus";
import {
  type AggregatedAttestation,
  assertNever,
  type BlockId,
  type Evidence,
  type Height,
  height,
  type KeeperId,
  type SignedNack,
} from "@sealwright/types";
import { conflictingBlocks } from "./conflictingBlocks.js";
import { conflictingVotes } from "./conflictingVotes.js";
import { lineFrom, lineWith } from "./voteLine.js";
import { certificatesAgainst, nacksRefutedBy } from "./wrongNacks.js";
import type { WitnessEffect, WitnessEvent } from "./witnessEvent.js";
import {
  CHECKS_PER_SOURCE_MAX,
  PROVED_PER_KEEPER_MAX,
  WITNESS_DEPTH,
  WITNESS_ITEMS_MAX,
  type WitnessedBlock,
  type WitnessState,
} from "./witnessState.js";

const FORGET_TOGETHER = 16n;

/** The state afterwards, and what is to be done, in order. */
export interface WitnessStep {
  readonly state: WitnessState;
  readonly effects: readonly WitnessEffect[];
}

/**
 * Notices faults that prove themselves (protocol §8): two blocks of one producer at a place, two first blocks of a term,
 * two votes of a keeper at a height, votes of one term on two chains, Nacks of what a quorum vouches for. Every suspicion is checked like what a peer shows,
 * so nothing is told that others could not check. Pure and total.
 */
export function stepWitness(state: WitnessState, event: WitnessEvent): WitnessStep {
  switch (event.type) {
    case "blockSeen":
      return suspect(state, conflictingBlocks(state, event.block), event.from);
    case "blockChecked":
      return onBlockChecked(state, event.block);
    case "voteSeen":
      return suspect(state, conflictingVotes(state, event.vote), event.from);
    case "votesChecked":
      return onVotesChecked(state, event.votes);
    case "nackChecked":
      return onNackChecked(state, event.nack, event.height);
    case "nackSeen":
      return suspect(state, certificatesAgainst(state, event.nack), null);
    case "evidenceReceived":
      return onReceived(state, event.evidence, event.from);
    case "evidenceChecked":
      return onEvidenceChecked(state, event.key, event.valid);
    case "finalMoved":
      return { state: forgetBelow(state, event.height), effects: [] };
    default:
      return assertNever(event);
  }
}

/** A block may also be the missing link between votes that came before it. */
function onBlockChecked(state: WitnessState, block: WitnessedBlock): WitnessStep {
  if (state.blocks.has(block.id) || isForgotten(state, block.header.height)) return { state, effects: [] };
  const found = conflictingBlocks(state, block);
  const next = { ...state, blocks: withItem(state.blocks, block.id, block) };
  const votes = [`primary:${block.id}`, `fallback:${block.id}`].flatMap((key) => next.votes.get(key) ?? []);
  const links = votes.flatMap((vote) => [...conflictingVotes(next, vote), ...nacksRefutedBy(next, vote)]);
  const nacks = [...next.nacks.values()].filter(({ nack }) => nack.verdict.blockId === block.id);
  return suspect(next, [...found, ...links, ...nacks.flatMap(({ nack }) => certificatesAgainst(next, nack))], null);
}

function onVotesChecked(state: WitnessState, votes: AggregatedAttestation): WitnessStep {
  const { attestation, signers } = votes;
  const key = `${attestation.target}:${attestation.blockId}`;
  const known = state.votes.get(key);
  if (isForgotten(state, attestation.height)) return { state, effects: [] };
  if (known !== undefined && signers.every((signer) => known.signers.includes(signer))) return { state, effects: [] };
  const found = [...conflictingVotes(state, votes), ...nacksRefutedBy(state, votes)];
  // The larger of two aggregates of one block says more; what only the smaller one says was compared when it came.
  const isMore = known === undefined || signers.length > known.signers.length;
  if (!isMore) return suspect(state, found, null);
  const next = { ...state, votes: withItem(state.votes, key, votes), line: lineWith(state, attestation) };
  return suspect(next, found, null);
}

function onNackChecked(state: WitnessState, nack: SignedNack, height: Height): WitnessStep {
  if (isForgotten(state, height)) return { state, effects: [] };
  const nacks = withItem(state.nacks, `${nack.signer}:${nack.verdict.blockId}`, { nack, height });
  return suspect({ ...state, nacks }, certificatesAgainst(state, nack), null);
}

function onReceived(state: WitnessState, evidence: Evidence, from: KeeperId | null): WitnessStep {
  const looked = consider(state, state.checking, evidence, from);
  if (looked.type === "check") return { state: { ...state, checking: looked.checking }, effects: [looked.effect] };
  const isBlamed = looked.type === "bad" && from !== null;
  return {
    state,
    effects: isBlamed ? [{ type: "penalize", peer: from, cause: "badEvidence", detail: looked.detail }] : [],
  };
}

/**
 * Has each new suspicion checked; what is proved, under check, or beyond what matters is passed over. Who shows it has
 * checks of its own, so a forged proof does not keep a good one of the same offence from being checked.
 */
function suspect(state: WitnessState, found: readonly Evidence[], from: KeeperId | null): WitnessStep {
  let { checking } = state;
  const effects: WitnessEffect[] = [];
  let bad = 0;
  for (const evidence of found) {
    const looked = consider(state, checking, evidence, from);
    if (looked.type === "bad") bad += 1;
    if (bad >= CHECKS_PER_SOURCE_MAX) break;
    if (looked.type !== "check") continue;
    ({ checking } = looked);
    effects.push(looked.effect);
  }
  return { state: checking === state.checking ? state : { ...state, checking }, effects };
}

type Considered =
  | { readonly type: "passedOver" }
  | { readonly type: "bad"; readonly detail: string }
  | { readonly type: "check"; readonly checking: WitnessState["checking"]; readonly effect: WitnessEffect };

/** What it claims is compared with what is known before anything of it is hashed: one vote may conflict with hundreds. */
function consider(
  state: WitnessState,
  checking: WitnessState["checking"],
  evidence: Evidence,
  from: KeeperId | null,
): Considered {
  const { networkId, keepers, threadId } = state.rules;
  const claimed = claimedOffence(keepers, evidence);
  if (claimed === null) return { type: "bad", detail: "notTheSigner" };
  if (claimed.threadId !== threadId) return { type: "bad", detail: "another thread" };
  const key = `${from ?? "own"}:${offenceKey(claimed)}`;
  const underCheck = [...checking.values()].filter((pending) => pending.from === from).length;
  if (saysNothingNew(state, claimed) || checking.has(key) || underCheck >= CHECKS_PER_SOURCE_MAX)
    return { type: "passedOver" };
  const checked = checkEvidence(networkId, keepers, evidence);
  if (!checked.ok) return { type: "bad", detail: checked.error.code };
  const pending = { evidence, offence: checked.value.offence, from };
  const effect = { type: "checkEvidence", key, checked: checked.value } as const;
  return { type: "check", checking: new Map(checking).set(key, pending), effect };
}

function onEvidenceChecked(state: WitnessState, key: string, valid: boolean): WitnessStep {
  const pending = state.checking.get(key);
  if (pending === undefined) return { state, effects: [] };
  const checking = new Map(state.checking);
  checking.delete(key);
  const { evidence, offence, from } = pending;
  if (!valid) {
    const effects: WitnessEffect[] =
      from === null ? [] : [{ type: "penalize", peer: from, cause: "badEvidence", detail: "badSignature" }];
    return { state: { ...state, checking }, effects };
  }
  if (saysNothingNew(state, offence)) return { state: { ...state, checking }, effects: [] };
  const counts = new Map(state.counts).set(offence.accused, (state.counts.get(offence.accused) ?? 0) + 1);
  const proved = new Set(state.proved).add(offenceKey(offence));
  return { state: { ...state, checking, counts, proved }, effects: [{ type: "keepEvidence", evidence, offence }] };
}

function saysNothingNew(state: WitnessState, offence: Offence): boolean {
  return state.proved.has(offenceKey(offence)) || (state.counts.get(offence.accused) ?? 0) >= PROVED_PER_KEEPER_MAX;
}

function isForgotten(state: WitnessState, height: Height): boolean {
  return height + WITNESS_DEPTH < state.finalHeight;
}

function forgetBelow(state: WitnessState, finalHeight: Height): WitnessState {
  if (finalHeight <= state.finalHeight) return state;
  const moved = { ...state, finalHeight };
  // Nothing depends on when the old ones go: together they cost one copy.
  if (finalHeight / FORGET_TOGETHER === state.finalHeight / FORGET_TOGETHER) return moved;
  const blocks = [...state.blocks].filter(([, { header }]) => !isForgotten(moved, header.height));
  const votes = [...state.votes].filter(([, { attestation }]) => !isForgotten(moved, attestation.height));
  const nacks = [...state.nacks].filter(([, nack]) => !isForgotten(moved, nack.height));
  return {
    ...moved,
    blocks: new Map<BlockId, WitnessedBlock>(blocks),
    votes: new Map(votes),
    line: lineFrom(state.line, height(finalHeight > WITNESS_DEPTH ? finalHeight - WITNESS_DEPTH : 0n)),
    nacks: new Map(nacks),
  };
}

/** With the oldest given up when there is no more room. */
function withItem<K, V>(items: ReadonlyMap<K, V>, key: K, value: V): Map<K, V> {
  const next = new Map(items).set(key, value);
  const oldest = next.keys().next();
  if (next.size > WITNESS_ITEMS_MAX && oldest.done !== true) next.delete(oldest.value);
  return next;
}
