import { isQuorum } from "@sealwright/consensus";
import {
  type AggregatedAttestation,
  type BlockHeader,
  type BlockId,
  type Evidence,
  limits,
  type SignedNack,
} from "@sealwright/types";
import type { WitnessState } from "./witnessState.js";

/** Remembered Nacks of the block that this certificate vouches for, or of an ancestor. */
export function nacksRefutedBy(state: WitnessState, certificate: AggregatedAttestation): Evidence[] {
  if (state.nacks.size === 0 || !isQuorum(state.rules.keepers, certificate)) return [];
  return [...state.nacks.values()].flatMap(({ nack }) => wrongNack(state, nack, certificate));
}

/** What remembered certificates say against a Nack. */
export function certificatesAgainst(state: WitnessState, nack: SignedNack): Evidence[] {
  for (const votes of state.votes.values()) {
    if (!isQuorum(state.rules.keepers, votes)) continue;
    const found = wrongNack(state, nack, votes);
    if (found.length > 0) return found;
  }
  return [];
}

function wrongNack(state: WitnessState, nack: SignedNack, certificate: AggregatedAttestation): Evidence[] {
  const headers = headersBetween(state, nack.verdict.blockId, certificate.attestation.blockId);
  return headers === null ? [] : [{ kind: "wrongNack", accused: nack.signer, nack, certificate, headers }];
}

/** Ascending, both ends included; null when the one is no remembered ancestor of the other. */
function headersBetween(state: WitnessState, lowest: BlockId, highest: BlockId): readonly BlockHeader[] | null {
  const chain: BlockHeader[] = [];
  for (let at = state.blocks.get(highest); at !== undefined; at = state.blocks.get(at.header.parentId)) {
    chain.push(at.header);
    if (at.id === lowest) return chain.reverse();
    if (chain.length >= limits.EVIDENCE_HEADERS_MAX) return null;
  }
  return null;
}
