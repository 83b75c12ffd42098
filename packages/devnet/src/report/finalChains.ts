import type { BlockHeadlineJson, SealwrightClient } from "@sealwright/api/client";
import type { AuditedBlock } from "@sealwright/execution";
import { limits } from "@sealwright/types";
import { readSealedBlock } from "./readSealedBlock.js";

/** Where the final blocks of a network are read from. */
export interface FinalChains {
  /** @returns null when the block is not there any more */
  read(headline: BlockHeadlineJson): Promise<AuditedBlock | null>;
  /** The next final blocks of a thread above a height, in order; none when there are none yet. */
  after(thread: number, height: bigint): Promise<readonly BlockHeadlineJson[]>;
}

export function finalChainsOf(client: SealwrightClient): FinalChains {
  return {
    read: ({ blockId }) => readSealedBlock(client, blockId),
    after: async (thread, height) => {
      const page = await client.blocks({ thread, from: height + 1n, limit: limits.BLOCKS_PER_RESPONSE_MAX });
      const end = page.blocks.findIndex(({ status }) => status !== "final");
      return end < 0 ? page.blocks : page.blocks.slice(0, end);
    },
  };
}

/** The blocks of all threads by their time, those of each thread in their order: what one sends stands before who takes it. */
export function inTimeOrder(chains: readonly (readonly BlockHeadlineJson[])[]): BlockHeadlineJson[] {
  const ordered: BlockHeadlineJson[] = [];
  const next = chains.map(() => 0);
  for (;;) {
    let first: number | null = null;
    for (const [thread, chain] of chains.entries()) {
      const block = chain[next[thread]!];
      if (block === undefined) continue;
      if (first === null || block.timeMs < chains[first]![next[first]!]!.timeMs) first = thread;
    }
    if (first === null) return ordered;
    ordered.push(chains[first]![next[first]!++]!);
  }
}
