import type { Attestation, BlockId } from "@sealwright/types";
import { chainTo, factsOf } from "./chainView.js";
import type { KeeperState } from "./keeperState.js";

/** Ids at distance 1, 2, …: of a vote's ancestors, or of the blocks above it up to this keeper's last vote. */
export type VoteChain = { readonly ancestors: readonly BlockId[] } | { readonly descendants: readonly BlockId[] };

/**
 * What the watermark of a key is told of a vote, so that all votes of a term stay on one chain whoever asks with the key: a
 * Primary vote says what it stands on, a Fallback what stands on it.
 */
export function voteChain(state: KeeperState, { target, blockId }: Attestation): VoteChain {
  if (target === "primary") return { ancestors: factsOf(state, blockId)?.recentIds ?? [] };
  const { lastVoted } = state.vote;
  const chain = lastVoted === null ? [] : (chainTo(state, lastVoted.blockId) ?? []);
  const ids = chain.map(({ facts }) => facts.id);
  const at = ids.indexOf(blockId);
  return { descendants: at < 0 ? [] : ids.slice(at + 1) };
}
