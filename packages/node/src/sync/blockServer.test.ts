import { encodeBlockFacts, genesisBlock, genesisFacts } from "@sealwright/consensus";
import { createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import { KeeperWorld } from "@sealwright/keeper/testing";
import { memoryNodeStore } from "@sealwright/store";
import { height, type SealedBlock, sha256Hex, unwrap } from "@sealwright/types";
import { beforeEach, describe, expect, it } from "vitest";
import { BlockServer } from "./blockServer.js";

const { rules, root, genesis } = createTestNetwork(4);
const { threadId, networkId } = rules;
const MIB = 1024 * 1024;

describe("a server of blocks", () => {
  let server: BlockServer;
  let keeper: KeeperWorld;

  beforeEach(async () => {
    const { repository } = await memoryNodeStore({ networkId });
    const block = genesisBlock(genesis, threadId, new Uint8Array(32));
    const facts = encodeBlockFacts(genesisFacts(block));
    unwrap(await repository.initialize([{ threadId, blockId: root.id, header: block.header, facts, state: [] }]));
    server = new BlockServer({ repository });
    keeper = new KeeperWorld(rules, root);
  });

  const answerFor = async (tip: SealedBlock): Promise<readonly Uint8Array[]> => {
    const answer = await server.answer(threadId, keeper.state, height(1), tip.id);
    return answer?.type === "blockResponse" ? answer.blocks : [];
  };

  it("[I8] serves a block that is larger than one answer's bytes, alone", async () => {
    const chain = new TestChain(rules, root);
    chain.grow({ externals: [new Uint8Array(5 * MIB)] });
    chain.grow();
    const [large, next] = chain.blocks as [SealedBlock, SealedBlock];
    for (const block of [large, next]) keeper.apply(block);
    const served = await answerFor(next);
    expect(served.map(sha256Hex)).toEqual([sha256Hex(large.bytes)]);
  });

  it("[§8] hands on no copy whose signatures it has not checked: who takes a bad one from it would blame it", async () => {
    const chain = new TestChain(rules, root);
    chain.grow();
    chain.grow();
    const [checked, arrived] = chain.blocks as [SealedBlock, SealedBlock];
    keeper.apply(checked);
    keeper.take(arrived);
    expect((await answerFor(arrived)).map(sha256Hex)).toEqual([sha256Hex(checked.bytes)]);
    keeper.dispatch({ type: "signaturesChecked", blockId: arrived.id, valid: true });
    expect(await answerFor(arrived)).toHaveLength(2);
  });
});
