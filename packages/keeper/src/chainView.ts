import { type BlockFacts, compareRank } from "@sealwright/consensus";
import type { BlockId, RankedBlock } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import type { KeeperState } from "./keeperState.js";

/** Facts of a block that is final or above: null when it is not here. */
export function factsOf(state: KeeperState, id: BlockId): BlockFacts | null {
  if (id === state.final.id) return state.final;
  return state.blocks.get(id)?.facts ?? null;
}

/** Whether a block's state is known here: the last final one's, and those of applied blocks. */
export function isApplied(state: KeeperState, id: BlockId): boolean {
  return id === state.final.id || state.blocks.get(id)?.stage.phase === "applied";
}

/** The chain from just above the last final block up to `id`, ascending; null when it does not lead there. */
export function chainTo(state: KeeperState, id: BlockId): ChainBlock[] | null {
  const chain: ChainBlock[] = [];
  let cursor = id;
  while (cursor !== state.final.id) {
    const block = state.blocks.get(cursor);
    if (block === undefined) return null;
    chain.push(block);
    cursor = block.facts.parentId;
  }
  return chain.reverse();
}

/** Whether `ancestor` is `block` or lies below it. What is at or below the last final block counts when it is final. */
export function isAncestorOrSelf(state: KeeperState, ancestor: RankedBlock, block: BlockFacts): boolean {
  if (ancestor.height <= state.final.height) {
    const known = ancestor.height === state.final.height ? ancestor.blockId === state.final.id : true;
    return known && chainTo(state, block.id) !== null;
  }
  for (let cursor: BlockFacts | null = block; cursor !== null; cursor = factsOf(state, cursor.parentId)) {
    if (cursor.id === ancestor.blockId) return true;
    if (cursor.height <= ancestor.height) return false;
  }
  return false;
}

export function childrenOf(state: KeeperState, id: BlockId): ChainBlock[] {
  return [...state.blocks.values()].filter((block) => block.facts.parentId === id);
}

/** Whether the block or one of its descendants has a certificate here. */
export function isCertified(state: KeeperState, facts: BlockFacts): boolean {
  if (facts.height <= state.final.height) return true;
  for (const id of state.certificates.keys()) {
    const certified = factsOf(state, id);
    if (certified === null || certified.height < facts.height) continue;
    if (isAncestorOrSelf(state, { term: facts.term, height: facts.height, blockId: facts.id }, certified)) return true;
  }
  return false;
}

/** The highest-ranked applied block, or the last final one. */
export function newestApplied(state: KeeperState): BlockFacts {
  let newest = state.final;
  for (const { facts, stage } of state.blocks.values()) {
    if (stage.phase === "applied" && compareRank(facts, newest) > 0) newest = facts;
  }
  return newest;
}
