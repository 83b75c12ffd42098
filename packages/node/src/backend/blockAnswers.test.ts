import { createNodeEventLog } from "@sealwright/api";
import { fakeFinalityProof } from "@sealwright/api/testing";
import { genesisBlock } from "@sealwright/consensus";
import { createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import { memoryNodeStore } from "@sealwright/store";
import { createThreadsTable, height, signerIndex, unwrap, ZERO_BLOCK_ID } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { type BackendDependencies, KeeperBackend } from "./nodeBackend.js";

const { genesis, rules, root } = createTestNetwork(4);
const { threadId, networkId, keepers } = rules;

/** What a keeper shows whose thread has five final blocks, of which it keeps the last two. */
async function backendThatForgot() {
  const chain = new TestChain(rules, root);
  chain.grow();
  for (let i = 0; i < 5; i += 1) chain.growCertified();
  const { blocks } = chain;
  const store = await memoryNodeStore({ networkId, keeperId: keepers.at(signerIndex(0)).id });
  const first = { threadId, blockId: rules.seed, header: genesisBlock(genesis, threadId, new Uint8Array(32)).header };
  unwrap(await store.repository.initialize([{ ...first, facts: new Uint8Array(1), state: [] }]));
  const final = blocks.slice(0, -1).map((block, i) => ({
    ...{ threadId, height: block.header.height, blockId: block.id, proof: fakeFinalityProof(block, blocks[i + 1]!) },
    ...{ facts: new Uint8Array(1), state: [] },
  }));
  await store.repository.commit({ blocks, final });
  await store.repository.prune({ threadId, keepBlocks: 2 });
  const last = { id: blocks[4]!.id, height: blocks[4]!.header.height };
  const state = { config: { rules }, final: last, blocks: new Map(), certificates: new Map() };
  const clock = new ManualClock();
  const dependencies = {
    ...{ genesis, networkId, table: createThreadsTable(1, ZERO_BLOCK_ID), store, clock },
    ...{ threads: new Map([[threadId, { threadId, keeper: { state } }]]), events: createNodeEventLog(clock.nowMs()) },
  };
  return { backend: new KeeperBackend(dependencies as unknown as BackendDependencies), blocks };
}

describe("a block that is asked for", () => {
  const at = (wanted: number | bigint) => ({ type: "height", threadId, height: height(wanted) }) as const;

  it("is shown with its proof while it is kept, and told as forgotten afterwards", async () => {
    const { backend, blocks } = await backendThatForgot();
    for (const name of [at(5), { type: "id", blockId: blocks[4]!.id } as const]) {
      expect(await backend.block(name)).toMatchObject({ type: "block", record: { block: { id: blocks[4]!.id } } });
      expect(await backend.finalityProof(name)).toMatchObject({ type: "proof" });
    }
    expect(await backend.block(at(1))).toEqual({ type: "pruned" });
    expect(await backend.finalityProof(at(1))).toEqual({ type: "pruned" });
  });

  it("is unknown where it may still come, or have been anything", async () => {
    const { backend, blocks } = await backendThatForgot();
    for (const name of [at(99), { type: "id", blockId: blocks[0]!.id } as const]) {
      expect(await backend.block(name)).toEqual({ type: "unknownBlock" });
      expect(await backend.finalityProof(name)).toEqual({ type: "unknownBlock" });
    }
  });

  it("is told as the genesis, by its height and by its id, also where the store has forgotten it", async () => {
    const { backend } = await backendThatForgot();
    const told = { type: "genesisBlock", threadId, blockId: rules.seed };
    for (const name of [at(0), { type: "id", blockId: rules.seed } as const]) {
      expect(await backend.block(name)).toEqual(told);
      expect(await backend.finalityProof(name)).toEqual(told);
    }
  });
});
