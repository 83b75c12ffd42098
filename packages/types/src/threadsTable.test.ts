import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccountId, type BlockId, DEFAULT_THREAD_ID } from "./ids.js";
import {
  createThreadsTable,
  threadIdAt,
  threadIndexOf,
  threadOf,
  THREADS_MAX,
  threadsTableHash,
} from "./threadsTable.js";
import { toHex } from "./bytes.js";

const SPAWN = "ab".repeat(32) as BlockId;
const accountAt = (lead: number): AccountId => (lead.toString(16).padStart(4, "0") + "5".repeat(60)) as AccountId;

describe("createThreadsTable", () => {
  it("[§12] covers every account exactly once, for every count of threads", () => {
    for (let count = 1; count <= THREADS_MAX; count++) {
      const table = createThreadsTable(count, SPAWN);
      expect(table).toHaveLength(count);
      // Routes in ascending order must meet without gap or overlap: then each account has exactly one.
      let next = 0;
      for (const { prefix, prefixLength } of table) {
        expect(prefix * 2 ** (16 - prefixLength)).toBe(next);
        next += 2 ** (16 - prefixLength);
      }
      expect(next).toBe(2 ** 16);
    }
  });

  it("[§12] gives no thread more than twice the share of another", () => {
    for (let count = 1; count <= THREADS_MAX; count++) {
      const lengths = createThreadsTable(count, SPAWN).map((route) => route.prefixLength);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
    }
  });

  it("names threads by index and spawning block, the first one being the default thread", () => {
    const table = createThreadsTable(3, SPAWN);
    expect(table.map((route) => route.threadId)).toEqual([DEFAULT_THREAD_ID, `0001${SPAWN}`, `0002${SPAWN}`]);
    expect(table.map((route) => threadIndexOf(route.threadId))).toEqual([0, 1, 2]);
    expect(threadIndexOf(threadIdAt(255, SPAWN))).toBe(255);
  });

  it("takes 1 to 256 threads", () => {
    for (const count of [0, THREADS_MAX + 1]) expect(() => createThreadsTable(count, SPAWN)).toThrow("out of range");
  });
});

describe("threadOf", () => {
  it("[§12] finds the one route whose bits the account id begins with", () => {
    const counts = fc.integer({ min: 1, max: THREADS_MAX });
    fc.assert(
      fc.property(counts, fc.nat(0xffff), (count, lead) => {
        const table = createThreadsTable(count, SPAWN);
        const bits = lead.toString(2).padStart(16, "0");
        const matching = table.filter(({ prefix, prefixLength }) =>
          prefixLength === 0 ? true : bits.startsWith(prefix.toString(2).padStart(prefixLength, "0")),
        );
        expect(matching.map((route) => route.threadId)).toEqual([threadOf(table, accountAt(lead))]);
      }),
    );
  });
});

it("the hash of a table tells all tables apart", () => {
  const hashes = new Set<string>();
  for (let count = 1; count <= THREADS_MAX; count++)
    hashes.add(toHex(threadsTableHash(createThreadsTable(count, SPAWN))));
  hashes.add(toHex(threadsTableHash(createThreadsTable(2, "cd".repeat(32) as BlockId))));
  expect(hashes.size).toBe(THREADS_MAX + 1);
});
