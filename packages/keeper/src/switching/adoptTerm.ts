import { compareRank } from "@sealwright/consensus";
import type { BlockId } from "@sealwright/types";
import type { ChainBlock } from "../chainBlock.js";
import { chainTo, isCertified } from "../chainView.js";
import type { KeeperDraft } from "../keeperDraft.js";
import type { AbandonedBlock } from "../keeperEffect.js";

/**
 * V2: a later term is entered through the certificate in its first block. Blocks that its chain leaves aside are
 * abandoned, not invalid: their bodies stay, because a later certificate may revive them, and their messages are offered
 * to the new producer by who promised to keep them (S6, M2).
 */
export function adoptTerm(draft: KeeperDraft, { facts }: ChainBlock): void {
  const { vote } = draft.state;
  if (facts.round === 0n || facts.term < vote.currentTerm) return;
  if (facts.term > vote.currentTerm) draft.set({ vote: { ...vote, currentTerm: facts.term } });
  const kept = new Set<BlockId>(chainTo(draft.state, facts.id)?.map((block) => block.facts.id));
  const abandoned = [...draft.state.blocks.values()]
    .filter((held) => held.facts.term < facts.term && !kept.has(held.facts.id))
    .sort((a, b) => compareRank(a.facts, b.facts))
    .flatMap((held) => abandonedOf(draft, held));
  if (abandoned.length > 0)
    draft.emit({ type: "notify", notice: { type: "abandoned", term: facts.term, blocks: abandoned } });
  kept.delete(facts.id);
  if (kept.size > 0) draft.emit({ type: "notify", notice: { type: "followed", blockIds: [...kept] } });
}

/** Nothing of a block that somebody sent, and that neither its producer's signature nor a quorum vouches for. */
function abandonedOf({ state }: KeeperDraft, { block, facts, stage, stored }: ChainBlock): AbandonedBlock[] {
  if (stage.phase === "invalid") return [];
  // Of the blocks that are held here, those that this keeper attested or sealed are on its disk, and no others.
  const isPromised = stored || isCertified(state, facts);
  const isGenuine = isPromised || stage.phase === "applied" || stage.signatures === "valid";
  return isGenuine ? [{ block, isPromised }] : [];
}
