import { fakeFinalityProof } from "@sealwright/api/testing";
import { genesisBlock } from "@sealwright/consensus";
import { certify, createTestNetwork, sealTestBlock, switchTo, TestChain } from "@sealwright/consensus/testing";
import { memoryNodeStore, type NodeStore } from "@sealwright/store";
import { type BlockId, height, type SealedBlock, signerIndex, unixMs, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { type STAGE_OF } from "../thread/blockDiary.js";
import { blockLives } from "./blockLives.js";
import { BlockTrace, type HoldReason } from "./blockTrace.js";

const TICK_MS = 330;
const { genesis, rules, root } = createTestNetwork(4);
const { threadId, networkId, keepers } = rules;
const self = keepers.at(signerIndex(0)).id;
const keeperAt = (index: number) => keepers.at(signerIndex(index)).id;

/** A store that begins at genesis and knows these blocks; all but the last two are final. */
async function storeWith(blocks: readonly SealedBlock[]): Promise<NodeStore> {
  const store = await memoryNodeStore({ networkId, keeperId: self });
  const { id: blockId, header } = genesisBlock(genesis, threadId, new Uint8Array(32));
  unwrap(await store.repository.initialize([{ threadId, blockId, header, facts: new Uint8Array(1), state: [] }]));
  const final = blocks.slice(0, -2).map((block, i) => ({
    threadId,
    height: block.header.height,
    blockId: block.id,
    proof: fakeFinalityProof(block, blocks[i + 1]!),
    facts: new Uint8Array(1),
    state: [],
  }));
  await store.repository.commit({ blocks, final });
  return store;
}

/** What a keeper that follows these blocks tells of a height; its clock stands where the last block was made. */
function ask(
  store: NodeStore,
  blocks: readonly SealedBlock[],
  at: number | bigint,
  silentForMs = 0,
  hold: HoldReason | null = null,
  trace = new BlockTrace({ clock: new ManualClock() }),
) {
  const tip = blocks.at(-1)!.header;
  const byId = new Map<BlockId, SealedBlock>(blocks.map((block) => [block.id, block]));
  return blockLives(threadId, height(at), {
    self,
    keepers,
    trace,
    store,
    measure: { tickMs: TICK_MS, sinceMs: tip.timeMs },
    nowMs: unixMs(tip.timeMs + silentForMs),
    tip: { height: tip.height, timeMs: tip.timeMs },
    hold,
    idAt: async (wanted) =>
      blocks.slice(-2).find(({ header }) => header.height === wanted)?.id ??
      (await store.repository.finalAt(threadId, wanted)),
    bodyOf: (id) => Promise.resolve(byId.get(id) ?? null),
    statusOf: (block, state) =>
      Promise.resolve(byId.has(block.id) ? "final" : state?.status === "abandoned" ? "abandoned" : "sealed"),
  });
}

/** What the store keeps of a block that was made, voted for and final in time. */
function remember(
  store: NodeStore,
  { id, header }: SealedBlock,
  afterMs: Partial<Record<keyof typeof STAGE_OF, number>>,
) {
  const timeline = Object.fromEntries(Object.entries(afterMs).map(([name, ms]) => [name, unixMs(header.timeMs + ms)]));
  return store.blockStates.register({ ...header, id }, { status: "final", timeline });
}

const inTime = { receivedMs: 20, appliedMs: 30, attestedMs: 40, certifiedMs: 60, prefinalMs: 400, finalMs: 460 };

/** Two blocks, of which the second is certified; then a switch of which the next producer's blocks come 1,272 ms later. */
function switchedChain(): TestChain {
  const chain = new TestChain(rules, root);
  chain.grow();
  chain.growCertified();
  chain.grow({ round: 1, switchCertificate: switchTo(rules, chain.tip, 1n), afterMs: 1_272 });
  chain.growCertified();
  chain.growCertified();
  return chain;
}

describe("the lives of the blocks at a height, after a restart", () => {
  it("[S5] still say that the producer before had to be replaced, though the parent is in the store alone", async () => {
    const { blocks } = switchedChain();
    const store = await storeWith(blocks);
    await remember(store, blocks[2]!, inTime);
    const [life] = (await ask(store, blocks, 3)).blocks;
    expect(life?.delay).toEqual({ reason: "producerReplaced", lateMs: 1_272 - 2 * TICK_MS });
  });

  it("[S5] name the block that carried the quorum, and who attested: also by a switch certificate", async () => {
    const { blocks } = switchedChain();
    const store = await storeWith(blocks);
    await remember(store, blocks[1]!, { ...inTime, prefinalMs: 700, finalMs: 900 });
    const [life] = (await ask(store, blocks, 2)).blocks;
    expect(life?.carriedBy).toBe(blocks[2]!.id);
    expect(life?.votes.map(({ keeperId }) => keeperId).sort()).toEqual([0, 1, 2].map(keeperAt).sort());
  });

  it("[S6] never name a carrier that was left aside, and show it beside the block that took its place", async () => {
    const chain = switchedChain();
    const certified = chain.facts[4]!;
    const rival = sealTestBlock(rules, certified, { attestations: [certify(rules, certified)] }).block;
    const followed = new TestChain(rules, certified);
    followed.grow({ externals: [new Uint8Array([1])] });
    followed.growCertified();
    const blocks = [...chain.blocks.slice(0, 4), ...followed.blocks];
    const store = await storeWith(blocks);
    await store.repository.commit({ blocks: [rival] });
    expect((await ask(store, blocks, 4)).blocks[0]?.carriedBy).toBe(blocks[5]!.id);
    const rivals = (await ask(store, blocks, 5)).blocks;
    expect(rivals.map(({ block }) => block.blockId)).toEqual([blocks[4]!.id, rival.id]);
    expect(rivals.map(({ carriedBy }) => carriedBy)).toEqual([blocks[5]!.id, null]);
  });

  it("tell steps of one millisecond in the order in which they happen: none leaves before it is signed", async () => {
    const { blocks } = switchedChain();
    const store = await storeWith(blocks);
    const trace = new BlockTrace({ clock: { nowMs: () => blocks[2]!.header.timeMs } });
    const steps = ["sealed", "recorded", "signed", "sent", "applied"] as const;
    for (const stage of steps) trace.note(blocks[2]!, stage);
    await remember(store, blocks[2]!, { sealedMs: 0, appliedMs: 0 });
    const [life] = (await ask(store, blocks, 3, 0, null, trace)).blocks;
    expect(life?.timeline.map(({ stage }) => stage)).toEqual(steps);
  });

  it("count this keeper's own attestation from the step on at which it attested", async () => {
    const { blocks } = switchedChain();
    const store = await storeWith(blocks);
    await remember(store, blocks[4]!, { appliedMs: 30, attestedMs: 40 });
    const [life] = (await ask(store, blocks, 5)).blocks;
    expect(life?.votes).toEqual([{ keeperId: self, atMs: unixMs(blocks[4]!.header.timeMs + 40) }]);
  });
});

describe("a height where nobody made a block, or whose block is gone", () => {
  it("is the genesis at height 0, late for nothing and carried by nothing", async () => {
    const { blocks } = switchedChain();
    const [life] = (await ask(await storeWith(blocks), blocks, 0)).blocks;
    expect(life).toMatchObject({ delay: { reason: "genesis", lateMs: 0 }, carriedBy: null, votes: [] });
  });

  it("was pruned when it is below what is kept", async () => {
    const { blocks } = switchedChain();
    const store = await storeWith(blocks);
    await store.repository.prune({ threadId, keepBlocks: 1 });
    expect(await ask(store, blocks, 1)).toMatchObject({ blocks: [], missing: { reason: "pruned", lateMs: 0 } });
  });

  it.each([
    [6n, 0, { reason: "notYet", lateMs: 0 }],
    [6n, 60_000, { reason: "producerSilent", lateMs: 60_000 - 2 * TICK_MS }],
    [7n, 60_000, { reason: "notYet", lateMs: 0 }],
    [10n ** 15n, 60_000, { reason: "notYet", lateMs: 0 }],
  ])(
    "[S1] waits for its producer only as the next one: height %s, %s ms after the tip",
    async (at, silentForMs, missing) => {
      const { blocks } = switchedChain();
      expect(await ask(await storeWith(blocks), blocks, at, silentForMs)).toMatchObject({ blocks: [], missing });
    },
  );

  it("[§5] is told by its producer itself to be held back, when it is", async () => {
    const { blocks } = switchedChain();
    const { missing } = await ask(await storeWith(blocks), blocks, 6, 60_000, "majorityMissing");
    expect(missing?.reason).toBe("heldForMajority");
  });
});
