import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentList } from "./recentList.js";

/** Lists that grow from any list before them, and what each must hold. */
const additions = fc.array(fc.record({ from: fc.nat(), item: fc.nat(9) }), { maxLength: 200, size: "max" });

describe("RecentList", () => {
  it("is a value: whatever grows from it, it holds its own last items", () => {
    fc.assert(
      fc.property(additions, fc.integer({ min: 1, max: 20 }), (steps, keptMax) => {
        const lists = [{ list: RecentList.empty<number>(), holds: [] as readonly number[] }];
        for (const { from, item } of steps) {
          // Mostly the latest one, as marks do.
          const base = lists.at(from % 3 === 0 ? from % lists.length : -1)!;
          const list = base.list.with(item, keptMax);
          lists.push({ list, holds: [...base.holds, item].slice(-keptMax) });
        }
        for (const { list, holds } of lists) {
          expect([...list]).toEqual(holds);
          expect([list.length, list.oldest]).toEqual([holds.length, holds[0] ?? null]);
          expect(list.findLast((item) => item > 5)).toBe(holds.findLast((item) => item > 5));
          expect(list.some((item) => item === 3)).toBe(holds.includes(3));
        }
      }),
    );
  });
});
