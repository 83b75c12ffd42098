import { chainTo, type KeeperState, newestApplied } from "@sealwright/keeper";
import type { ProducerState } from "@sealwright/producer";
import type { BlockId, SealedBlock } from "@sealwright/types";

/** Blocks above the last final one that the next block of this node would stand on: other branches imported for themselves. */
export function openChain(keeper: KeeperState, producer: ProducerState): readonly { readonly block: SealedBlock }[] {
  const tip = producer.phase === "producing" ? producer.tip.id : newestApplied(keeper).id;
  return chainTo(keeper, tip) ?? [];
}

/** A block and its ancestors above the last final one, the lowest first. */
export function openChainTo({ blocks }: Pick<KeeperState, "blocks">, blockId: BlockId): readonly SealedBlock[] {
  const chain: SealedBlock[] = [];
  for (let held = blocks.get(blockId); held !== undefined; held = blocks.get(held.facts.parentId))
    chain.push(held.block);
  return chain.reverse();
}
