import { equalBytes, type Height, height } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { prefixRange } from "./keyValueStore.js";
import { memoryStore } from "./memoryStore.js";
import { type SnapshotRecord, SnapshotStore } from "./snapshotStore.js";
import { sampleBlock, sampleProof, THREAD_A, THREAD_B } from "./testing/sampleChain.js";

const PIECE_BYTES = 64 * 1024;
const AT = height(200);

function bytesOf(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (i * 31) % 251);
}

describe("chunks of a snapshot", () => {
  it("come back as they were put, whatever their size, and their neighbours do not mix with them", async () => {
    const snapshots = new SnapshotStore({ store: memoryStore() });
    const sizes = [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 5 * PIECE_BYTES - 3];
    for (const [index, size] of sizes.entries()) await snapshots.putChunk(THREAD_B, AT, index, bytesOf(size));
    for (const [index, size] of sizes.entries()) {
      const chunk = await snapshots.chunk(THREAD_B, AT, index);
      expect(chunk !== null && equalBytes(chunk, bytesOf(size)), `${size} bytes`).toBe(true);
    }
    expect(await snapshots.chunk(THREAD_B, AT, sizes.length)).toBeNull();
  });

  it("[§9] are written in pieces with a rest after each, and are not there before all of them are", async () => {
    const snapshots = new SnapshotStore({ store: memoryStore() });
    const seen: boolean[] = [];
    await snapshots.putChunk(THREAD_B, AT, 0, bytesOf(3 * PIECE_BYTES), async () => {
      seen.push((await snapshots.chunk(THREAD_B, AT, 0)) !== null);
    });
    expect(seen).toEqual([false, false, true]);
  });

  it("of a snapshot that is begun again while it is being dropped are not dropped", async () => {
    const snapshots = new SnapshotStore({ store: memoryStore() });
    for (let index = 0; index < 20; index++) await snapshots.putChunk(THREAD_B, AT, index, bytesOf(4 * PIECE_BYTES));
    const dropping = [snapshots.drop(THREAD_B, AT), snapshots.drop(THREAD_B, AT)];
    await snapshots.putChunk(THREAD_B, AT, 19, bytesOf(1));
    await Promise.all(dropping);
    expect(await snapshots.chunk(THREAD_B, AT, 18)).toBeNull();
    expect(await snapshots.chunk(THREAD_B, AT, 19)).toEqual(bytesOf(1));
  });

  it("are all gone after they were dropped, and nothing else is", async () => {
    const store = memoryStore();
    const snapshots = new SnapshotStore({ store });
    for (let index = 0; index < 20; index++) await snapshots.putChunk(THREAD_B, AT, index, bytesOf(4 * PIECE_BYTES));
    await snapshots.putChunk(THREAD_B, height(400), 0, bytesOf(PIECE_BYTES));
    let rests = 0;
    await snapshots.drop(THREAD_B, AT, () => Promise.resolve(void rests++));
    expect(rests).toBeGreaterThan(1);
    let left = 0;
    for await (const { key } of store.entries(prefixRange(Uint8Array.of(0x14)))) left += key.length > 0 ? 1 : 0;
    expect(left).toBe(1);
    expect(await snapshots.chunk(THREAD_B, height(400), 0)).not.toBeNull();
  });
});

describe("what a crash left of a snapshot", () => {
  it("is found by its chunks, tails and pieces, while snapshots with a record are not, whatever lies in them", async () => {
    const store = memoryStore();
    const snapshots = new SnapshotStore({ store });
    const recorded = await snapshotAt(snapshots, height(200));
    await snapshots.putChunk(THREAD_B, height(200), 0, bytesOf(3 * PIECE_BYTES));
    await snapshots.putChunk(THREAD_B, height(400), 0, bytesOf(3 * PIECE_BYTES));
    await snapshots.putChunk(THREAD_B, height(400), 1, bytesOf(1));
    await snapshots.putTail(THREAD_B, height(600), [sampleBlock({ at: 599, term: 0 })]);
    await snapshots.putChunk(THREAD_A, height(800), 0, bytesOf(1));
    expect(await snapshots.orphans(THREAD_B)).toEqual([400n, 600n]);
    for (const at of await snapshots.orphans(THREAD_B)) await snapshots.drop(THREAD_B, at);
    expect(await snapshots.orphans(THREAD_B)).toEqual([]);
    expect(await snapshots.chunk(THREAD_B, height(400), 0)).toBeNull();
    expect(await snapshots.chunk(THREAD_B, height(200), 0)).toEqual(bytesOf(3 * PIECE_BYTES));
    expect(await snapshots.list(THREAD_B)).toEqual([recorded]);
    expect(await snapshots.orphans(THREAD_A)).toEqual([800n]);
  });
});

async function snapshotAt(snapshots: SnapshotStore, at: Height): Promise<SnapshotRecord> {
  const block = sampleBlock({ at: Number(at), term: 0 });
  const manifest = { threadId: THREAD_B, height: at, blockId: block.id, proof: sampleProof(block) };
  const record: SnapshotRecord = {
    manifest: { ...manifest, facts: new Uint8Array(1), chunkHashes: [new Uint8Array(32)] },
    stage: "kept",
    votedFinal: false,
  };
  await snapshots.put(record);
  return record;
}
