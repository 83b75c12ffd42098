import { equalBytes, height } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { prefixRange } from "./keyValueStore.js";
import { memoryStore } from "./memoryStore.js";
import { SnapshotStore } from "./snapshotStore.js";
import { THREAD_B } from "./testing/sampleChain.js";

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
