import { compareRank } from "@sealwright/consensus";
import type { BlockId, SealedBlock } from "@sealwright/types";
import type { ChainBlock } from "../chainBlock.js";
import { chainTo } from "../chainView.js";
import type { KeeperDraft } from "../keeperDraft.js";

/**
 * V2: a later term is entered through the certificate in its first block. Blocks that its chain leaves aside are
 * abandoned, not invalid: their bodies stay, because a later certificate may revive them, and their messages are offered
 * to the new producer (S6).
 */
export function adoptTerm(draft: KeeperDraft, { facts }: ChainBlock): void {
  const { vote } = draft.state;
  if (facts.round === 0n || facts.term < vote.currentTerm) return;
  if (facts.term > vote.currentTerm) draft.set({ vote: { ...vote, currentTerm: facts.term } });
  const kept = new Set<BlockId>(chainTo(draft.state, facts.id)?.map((block) => block.facts.id));
  const abandoned: SealedBlock[] = [...draft.state.blocks.values()]
    .filter((held) => held.facts.term < facts.term && held.stage.phase !== "invalid" && !kept.has(held.facts.id))
    .sort((a, b) => compareRank(a.facts, b.facts))
    .map(({ block }) => block);
  if (abandoned.length > 0)
    draft.emit({ type: "notify", notice: { type: "abandoned", term: facts.term, blocks: abandoned } });
  kept.delete(facts.id);
  if (kept.size > 0) draft.emit({ type: "notify", notice: { type: "followed", blockIds: [...kept] } });
}
