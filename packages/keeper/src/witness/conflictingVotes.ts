import {
  type AggregatedAttestation,
  type BlockHeader,
  type BlockId,
  type Evidence,
  type Height,
  limits,
  type SignerIndex,
} from "@sealwright/types";
import { isOnLine, stepsAbove } from "./voteLine.js";
import type { WitnessState } from "./witnessState.js";

/** Every pair of `votes` with remembered ones that no honest keeper signs both, once for each keeper that did. */
export function conflictingVotes(state: WitnessState, votes: AggregatedAttestation): Evidence[] {
  const { attestation } = votes;
  if (attestation.threadId !== state.rules.threadId) return [];
  if (isOnLine(state.line, attestation) || stepsAbove(state, attestation) !== null) return [];
  const found: Evidence[] = [];
  const chain = chainBelow(state, attestation.blockId);
  for (const other of state.votes.values()) {
    const theirs = other.attestation;
    if (theirs.term !== attestation.term || theirs.blockId === attestation.blockId) continue;
    const accused = commonSigners(other, votes);
    if (accused.length === 0) continue;
    if (theirs.height === attestation.height) {
      for (const signer of accused) found.push({ kind: "doubleAttestation", accused: signer, votes: [other, votes] });
      continue;
    }
    // Along one chain, as honest votes lie, nothing more is to be looked up.
    if (chain.get(theirs.height) === theirs.blockId) continue;
    const [low, high] = theirs.height < attestation.height ? [other, votes] : [votes, other];
    const headers = headersDownTo(state, high.attestation.blockId, low.attestation.height);
    if (headers === null || headers.firstId === low.attestation.blockId) continue;
    for (const signer of accused)
      found.push({ kind: "splitAttestation", accused: signer, votes: [low, high], headers: headers.chain });
  }
  return found;
}

function chainBelow(state: WitnessState, id: BlockId): ReadonlyMap<Height, BlockId> {
  const chain = new Map<Height, BlockId>();
  for (let at = state.blocks.get(id); at !== undefined; at = state.blocks.get(at.header.parentId)) {
    chain.set(at.header.height, at.id);
    if (chain.size >= limits.EVIDENCE_HEADERS_MAX) break;
  }
  return chain;
}

function commonSigners(a: AggregatedAttestation, b: AggregatedAttestation): SignerIndex[] {
  const signers = new Set(b.signers);
  return a.signers.filter((signer) => signers.has(signer));
}

/** The chain of a block down to a height, ascending; null when a part of it is not remembered. */
function headersDownTo(
  state: WitnessState,
  id: BlockId,
  height: Height,
): { readonly chain: readonly BlockHeader[]; readonly firstId: string } | null {
  const chain: BlockHeader[] = [];
  for (let at = state.blocks.get(id); at !== undefined; at = state.blocks.get(at.header.parentId)) {
    chain.push(at.header);
    if (at.header.height === height) return { chain: chain.reverse(), firstId: at.id };
    if (chain.length >= limits.EVIDENCE_HEADERS_MAX) return null;
  }
  return null;
}
