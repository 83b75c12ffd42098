import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KeyRange, type KeyValueOp, type KeyValueStore, prefixRange } from "../keyValueStore.js";
import type { StoreHarness } from "./storeHarness.js";

const key = (...bytes: number[]): Uint8Array => new Uint8Array(bytes);
const putOf = (k: Uint8Array, ...value: number[]): KeyValueOp => ({ type: "put", key: k, value: key(...value) });
const deleteOf = (k: Uint8Array): KeyValueOp => ({ type: "delete", key: k });

/** The contract of `KeyValueStore`, for every implementation. */
export function describeKeyValueStore(name: string, makeHarness: () => Promise<StoreHarness>): void {
  describe(`${name} keeps the contract of a key-value store`, () => {
    let harness: StoreHarness;
    let store: KeyValueStore;
    beforeEach(async () => {
      harness = await makeHarness();
      store = await harness.open();
    });
    afterEach(() => harness.close());

    const keysOf = async (range: KeyRange): Promise<number[][]> => {
      const found: number[][] = [];
      for await (const entry of store.entries(range)) found.push([...entry.key]);
      return found;
    };

    it("reads back what was put, and null for what was not or was deleted", async () => {
      await store.commit([putOf(key(1), 10), putOf(key(2), 20)], { durable: true });
      await store.commit([deleteOf(key(1))], { durable: true });
      expect(await store.get(key(2))).toEqual(key(20));
      expect(await store.getMany([key(3), key(2), key(1)])).toEqual([null, key(20), null]);
    });

    it("the last operation on a key wins within a batch and over concurrent batches", async () => {
      const first = store.commit([putOf(key(1), 1), deleteOf(key(1)), putOf(key(1), 2)], { durable: true });
      const second = store.commit([putOf(key(1), 3)], { durable: false });
      await Promise.all([first, second]);
      expect(await store.get(key(1))).toEqual(key(3));
    });

    it("iterates bytewise, from inclusive to exclusive, both ways, up to the limit", async () => {
      const all = [key(1), key(1, 0), key(1, 255), key(2), key(127), key(128), key(255, 255)];
      await store.commit(
        [...all].reverse().map((k) => putOf(k, 0)),
        { durable: true },
      );
      const range: KeyRange = { from: key(1), to: key(255), order: "ascending", limit: 100 };
      expect(await keysOf(range)).toEqual(all.slice(0, 6).map((k) => [...k]));
      expect(await keysOf({ ...range, order: "descending", limit: 2 })).toEqual([[128], [127]]);
      expect(await keysOf(prefixRange(key(1)))).toEqual([[1], [1, 0], [1, 255]]);
      expect(await keysOf(prefixRange(key(1, 255)))).toEqual([[1, 255]]);
      expect(await keysOf({ ...range, limit: 0 })).toEqual([]);
      expect(await keysOf({ ...range, from: key(9), to: key(3) })).toEqual([]);
    });

    it("an iteration under way does not see later commits", async () => {
      await store.commit([putOf(key(1), 1), putOf(key(3), 3)], { durable: true });
      const range: KeyRange = { from: key(0), to: key(9), order: "ascending", limit: 9 };
      const seen: number[] = [];
      for await (const entry of store.entries(range)) {
        seen.push(entry.key[0]!);
        if (seen.length === 1) await store.commit([putOf(key(2), 2), deleteOf(key(3))], { durable: true });
      }
      expect(seen).toEqual([1, 3]);
      expect(await keysOf(range)).toEqual([[1], [2]]);
    });

    it("an iteration may be left early", async () => {
      await store.commit([putOf(key(1), 1), putOf(key(2), 2)], { durable: true });
      const seen: number[] = [];
      for await (const entry of store.entries({ from: key(0), to: key(9), order: "ascending", limit: 9 })) {
        seen.push(entry.key[0]!);
        if (seen.length > 0) break;
      }
      expect(seen).toEqual([1]);
      expect(await store.get(key(2))).toEqual(key(2));
    });

    it("what was committed durably is there after opening again, in one piece", async () => {
      const commits = Array.from({ length: 50 }, (_, i) =>
        store.commit([putOf(key(1, i), i), putOf(key(2, i), i)], { durable: true }),
      );
      await Promise.all(commits);
      store = await harness.open();
      expect(await keysOf(prefixRange(key(1)))).toHaveLength(50);
      expect(await keysOf(prefixRange(key(2)))).toHaveLength(50);
    });

    it("an empty commit is a barrier: it resolves after those before it", async () => {
      const order: string[] = [];
      const first = store.commit([putOf(key(1), 1)], { durable: true }).then(() => order.push("first"));
      const barrier = store.commit([], { durable: true }).then(() => order.push("barrier"));
      await Promise.all([first, barrier]);
      expect(order).toEqual(["first", "barrier"]);
    });

    it("closing waits for commits under way, then refuses everything", async () => {
      const underWay = store.commit([putOf(key(1), 1)], { durable: true });
      await store.close();
      await underWay;
      await store.close();
      expect(store.status).toBe("closed");
      await expect(store.get(key(1))).rejects.toMatchObject({ code: "closed" });
      await expect(store.commit([], { durable: true })).rejects.toMatchObject({ code: "closed" });
      await expect(keysOf(prefixRange(key(1)))).rejects.toMatchObject({ code: "closed" });
      store = await harness.open();
      expect(await store.get(key(1))).toEqual(key(1));
    });
  });
}
