import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  decodeSnapshotChunk,
  encodeSnapshotChunk,
  height,
  limits,
  sha256,
  silentLogger,
  type SnapshotEntry,
  unwrap,
} from "@sealwright/types";
import { createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import { encodeBlockFacts, genesisFacts, genesisBlock } from "@sealwright/consensus";
import { memoryNodeStore, type NodeStore, openNodeStore } from "@sealwright/store";
import { ManualClock } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Opening } from "../opening.js";
import { adoptSnapshots } from "./adoptSnapshots.js";
import { SnapshotKeeper } from "./snapshotKeeper.js";
import { cutState } from "./takeSnapshot.js";

const { rules, root, genesis } = createTestNetwork(4);
const { threadId, networkId } = rules;

async function openStore(entries: readonly SnapshotEntry[]): Promise<NodeStore> {
  const store = await memoryNodeStore({ networkId });
  await initialize(store, entries);
  return store;
}

async function initialize(store: NodeStore, entries: readonly SnapshotEntry[]): Promise<void> {
  const block = genesisBlock(genesis, threadId, new Uint8Array(32));
  const facts = encodeBlockFacts(genesisFacts(block));
  const record = { threadId, blockId: root.id, header: block.header, facts, state: entries };
  unwrap(await store.repository.initialize([record]));
}

async function* each<T>(items: readonly T[]): AsyncIterable<T> {
  for (const item of items) yield await Promise.resolve(item);
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

const entry = (n: number, size = 10): SnapshotEntry => ({
  key: new Uint8Array(Buffer.from(String(n).padStart(8, "0"))),
  value: new Uint8Array(size).fill(n % 251),
});

describe("cutting a state into chunks", () => {
  it("[I6] loses and changes nothing, and cuts equal states alike", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 700_000 }), { maxLength: 5 }), async (sizes) => {
        const entries = sizes.map((size, i) => entry(i, size));
        const chunks: Uint8Array[] = [];
        const hashes = await cutState(each(entries), (_index, chunk) => Promise.resolve(void chunks.push(chunk)));
        expect(hashes).toEqual(chunks.map(sha256));
        expect(chunks.every(({ length }) => length <= limits.SNAPSHOT_CHUNK_BYTES_MAX)).toBe(true);
        const all = chunks.flatMap((chunk) => unwrap(decodeSnapshotChunk(chunk)));
        expect(Buffer.compare(encodeSnapshotChunk(all), encodeSnapshotChunk(entries))).toBe(0);
      }),
      { numRuns: 10 },
    );
  });

  it("gives way to others every few hundred entries, and around every chunk", async () => {
    let turns = 0;
    const yieldTurn = (): Promise<void> => Promise.resolve(void turns++);
    const entries = Array.from({ length: 5_000 }, (_, i) => entry(i));
    const hashes = await cutState(each(entries), () => Promise.resolve(), yieldTurn);
    expect(hashes).toHaveLength(1);
    expect(turns).toBeGreaterThan(15);
  });
});

describe("snapshots of a node", () => {
  const chain = new TestChain(rules, root);
  chain.grow();
  while (chain.blocks.length < 3) chain.growCertified();
  const shared = chain.blocks[0]!;
  const proof = { headers: [shared.header], carrierIndex: 0, carried: undefined, carriedPath: undefined };
  const sharedBlock = {
    block: shared,
    proof: {
      ...proof,
      carried: chain.blocks[1]!.body.attestations[0]!,
      carriedPath: { index: 0, count: 1, siblings: [] },
      certificate: chain.blocks[2]!.body.attestations[0]!,
    },
    facts: encodeBlockFacts(chain.facts[1]!),
  };

  it("are served whole, adopted by a node that has nothing, and its state is the same", async () => {
    const entries = [entry(1), entry(2), entry(3)];
    const giver = await openStore(entries);
    const keeper = new SnapshotKeeper({
      store: giver,
      clock: new ManualClock(),
      logger: silentLogger,
      fail: (error) => expect.fail(String(error)),
    });
    await keeper.take(sharedBlock);
    await keeper.finish();
    expect(keeper.newestKept(threadId)).toBe(1n);
    const answer = await keeper.answer(threadId, height(0));
    if (answer.type !== "snapshots") return expect.fail(answer.type);
    expect(answer.finalAt).toEqual({ height: 0n, blockId: root.id });
    const manifest = answer.manifests[0]!;

    const taker = await openStore([entry(7), entry(2, 3)]);
    for (const index of manifest.chunkHashes.keys()) {
      const served = await keeper.chunk(threadId, manifest.height, index);
      if (served.type !== "snapshotChunk" || served.chunk === null) return expect.fail("a chunk is missing");
      await taker.snapshots.putChunk(threadId, manifest.height, index, served.chunk);
    }
    await taker.snapshots.putTail(threadId, manifest.height, [shared]);
    await taker.snapshots.put({ manifest, stage: "verified", votedFinal: true });
    await adoptSnapshots(taker, [threadId], silentLogger, new Opening());
    expect(await collect(taker.repository.state(threadId))).toEqual(entries);
    expect(await taker.repository.lastFinal(threadId)).toMatchObject({ height: 1n, blockId: shared.id });
    expect(await taker.repository.block(shared.id)).not.toBeNull();
    expect((await taker.snapshots.list(threadId)).map(({ stage }) => stage)).toEqual(["kept"]);
    // Once more changes nothing: it is no longer ahead.
    await adoptSnapshots(taker, [threadId], silentLogger, new Opening());
    expect(await collect(taker.repository.state(threadId))).toEqual(entries);
  });

  it("[§9] that a crash broke off leave nothing behind: the next start clears it away, and takes new ones", async () => {
    const dir = await mkdtemp(join(tmpdir(), "sealwright-snapshot-"));
    const open = async (): Promise<NodeStore> => unwrap(await openNodeStore({ dir, networkId }));
    const keeperOver = (store: NodeStore, clock: Clock): SnapshotKeeper =>
      new SnapshotKeeper({ store, clock, logger: silentLogger, fail: (error) => expect.fail(String(error)) });
    const state = [entry(1, 300_000), entry(2)];
    const before = await open();
    await initialize(before, state);
    // Its clock stands still, so it rests for ever behind its first piece.
    await keeperOver(before, new ManualClock()).take(sharedBlock);
    while ((await before.snapshots.orphans(threadId)).length === 0) await new Promise(setImmediate);
    await before.close();

    const after = await open();
    expect(await after.snapshots.list(threadId)).toEqual([]);
    expect(await after.snapshots.orphans(threadId)).toEqual([1n]);
    const keeper = keeperOver(after, new ManualClock());
    await keeper.load([threadId]);
    await keeper.take(sharedBlock);
    await keeper.finish();
    expect(await after.snapshots.orphans(threadId)).toEqual([]);
    expect(keeper.newestKept(threadId), "what came meanwhile was passed over").toBe(0n);
    await keeper.take(sharedBlock);
    await keeper.finish();
    expect(keeper.newestKept(threadId)).toBe(1n);
    await after.close();
    await rm(dir, { recursive: true });
  });
});
