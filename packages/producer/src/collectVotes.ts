import { attestationOf, isQuorum, sameAttestation } from "@sealwright/consensus";
import type {
  AggregatedAttestation,
  AttestationTarget,
  BlockId,
  SignedAttestation,
  SignerIndex,
} from "@sealwright/types";
import { couldReachMajority } from "./commonSection.js";
import type { ProducerEffect } from "./producerEffect.js";
import type { Producing } from "./producerState.js";
import { type TailBlock, withCollected } from "./sealedTail.js";

interface Progress {
  readonly state: Producing;
  readonly effects: readonly ProducerEffect[];
}

/** Takes a vote for an own unsettled block; adds the votes up as soon as they make a quorum. */
export function takeVote(state: Producing, vote: SignedAttestation): Progress {
  const { target, blockId } = vote.attestation;
  const block = state.tail.find((entry) => entry.facts.id === blockId);
  if (block === undefined || !sameAttestation(vote.attestation, attestationOf(block.facts, target)))
    return { state, effects: [] };
  if (!state.config.rules.keepers.has(vote.signer) || block.collected[target].votes.has(vote.signer))
    return { state, effects: [] };
  const votes = new Map(block.collected[target].votes).set(vote.signer, vote);
  const next = replaceBlock(state, withCollected(block, target, { votes }));
  return aggregateIfQuorum(next, blockId, target);
}

function aggregateIfQuorum(state: Producing, blockId: BlockId, target: AttestationTarget): Progress {
  const block = state.tail.find((entry) => entry.facts.id === blockId);
  if (block === undefined) return { state, effects: [] };
  const { votes, aggregate, aggregating } = block.collected[target];
  const { keepers } = state.config.rules;
  const isDone = aggregate !== null && isQuorum(keepers, aggregate);
  if (isDone || aggregating !== null || votes.size < keepers.quorum) return { state, effects: [] };
  return startAggregation(state, block, target);
}

function startAggregation(state: Producing, block: TailBlock, target: AttestationTarget): Progress {
  const votes = [...block.collected[target].votes.values()];
  return {
    state: replaceBlock(state, withCollected(block, target, { aggregating: votes.length })),
    effects: [{ type: "aggregate", attestation: attestationOf(block.facts, target), votes }],
  };
}

/** An aggregation ended: bad votes are forgotten and their signers noted; a complete certificate is relayed. */
export function takeAggregate(
  state: Producing,
  result: {
    readonly blockId: BlockId;
    readonly target: AttestationTarget;
    readonly aggregate: AggregatedAttestation | null;
    readonly bad: readonly SignerIndex[];
  },
): Progress {
  const block = state.tail.find((entry) => entry.facts.id === result.blockId);
  if (block === undefined) return { state, effects: [] };
  const votes = new Map(block.collected[result.target].votes);
  for (const signer of result.bad) votes.delete(signer);
  const aggregate = larger(block.collected[result.target].aggregate, result.aggregate);
  const next = replaceBlock(state, withCollected(block, result.target, { votes, aggregate, aggregating: null }));
  const effects: ProducerEffect[] = result.bad.map((signer) => ({ type: "penalizeSigner", signer }));
  if (result.aggregate !== null && isQuorum(state.config.rules.keepers, result.aggregate)) {
    return { state: next, effects: [...effects, { type: "relayCertificate", certificate: result.aggregate }] };
  }
  const again = aggregateIfQuorum(next, result.blockId, result.target);
  return { state: again.state, effects: [...effects, ...again.effects] };
}

/** A certificate of an own block that this node learned otherwise: from a peer, or from before a restart. */
export function takeCertificate(state: Producing, certificate: AggregatedAttestation): Producing {
  const { blockId, target } = certificate.attestation;
  const block = state.tail.find((entry) => entry.facts.id === blockId);
  if (block === undefined || !sameAttestation(certificate.attestation, attestationOf(block.facts, target)))
    return state;
  const aggregate = larger(block.collected[target].aggregate, certificate);
  return replaceBlock(state, withCollected(block, target, { aggregate }));
}

/** A certificate that came meanwhile is not given up for fewer votes: its signers say no more. */
function larger(a: AggregatedAttestation | null, b: AggregatedAttestation | null): AggregatedAttestation | null {
  if (a === null || b === null) return a ?? b;
  return b.signers.length > a.signers.length ? b : a;
}

/** The next block is held back for want of votes: those at hand are added up although they are no quorum. */
export function aggregateForDeadline(state: Producing, blockId: BlockId): Progress {
  const from = state.tail.findIndex((entry) => entry.facts.id === blockId);
  for (const block of from < 0 ? [] : state.tail.slice(from)) {
    const { votes, aggregate, aggregating } = block.collected.primary;
    const isNew = votes.size > (aggregate?.signers.length ?? 0);
    if (aggregating === null && isNew && couldReachMajority(state, block))
      return startAggregation(state, block, "primary");
  }
  return { state, effects: [] };
}

function replaceBlock(state: Producing, block: TailBlock): Producing {
  return { ...state, tail: state.tail.map((entry) => (entry.facts.id === block.facts.id ? block : entry)) };
}
