import { memoryNodeStore, type NodeStore } from "@sealwright/store";
import {
  sampleChain,
  sampleGenesis,
  sampleProof,
  SAMPLE_KEEPER,
  SAMPLE_NETWORK,
  THREAD_A,
} from "@sealwright/store/testing";
import { height, type Height, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { systemClock } from "../world/systemClock.js";
import { Pruner } from "./pruner.js";

/** A store with `length` final blocks. */
async function chainOf(length: number): Promise<NodeStore> {
  const store = await memoryNodeStore({ networkId: SAMPLE_NETWORK, keeperId: SAMPLE_KEEPER });
  unwrap(await store.repository.initialize([sampleGenesis(THREAD_A)]));
  const blocks = sampleChain(length);
  const final = blocks.map((block) => ({
    threadId: THREAD_A,
    height: block.header.height,
    blockId: block.id,
    proof: sampleProof(block),
    facts: new Uint8Array(1),
    state: [],
  }));
  await store.repository.commit({ blocks, final });
  return store;
}

function prunerOf(store: NodeStore, neededFrom: Height): Pruner {
  return new Pruner(
    { finalBlocks: 10, expiredHours: 1 },
    {
      repository: store.repository,
      threads: [THREAD_A],
      neededFrom: () => neededFrom,
      clock: systemClock,
      measureDisk: () => Promise.resolve(7),
      fail: (error) => {
        throw error;
      },
    },
  );
}

describe("pruner", () => {
  it("keeps the configured number of final blocks, a bounded step at a time", async () => {
    const store = await chainOf(100);
    const pruner = prunerOf(store, height(100));
    const left: number[] = [];
    for (let i = 0; i < 4; i++) {
      await pruner.step();
      left.push((await store.repository.finalRange(THREAD_A, height(1), 1_000)).length);
    }
    expect(left).toEqual([68, 36, 10, 10]);
    expect(pruner.blocksPruned).toBe(90);
    expect(pruner.diskBytes).toBe(7);
  });

  it("keeps what another thread has not imported yet, however old", async () => {
    const store = await chainOf(40);
    await prunerOf(store, height(12)).step();
    expect((await store.repository.oldestFinal(THREAD_A))?.height).toBe(12n);
  });
});
