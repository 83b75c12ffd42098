import fc from "fast-check";
import { expect, it } from "vitest";
import { findBad } from "./findBad.js";

it("finds exactly the bad ones, whichever they are, with at most two checks per level for each", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (spoiled) => {
      const items = [...spoiled.keys()];
      const bad = items.filter((index) => spoiled[index] === true);
      let checks = 0;
      const found = findBad(items, (part) => {
        checks++;
        return part.every((index) => spoiled[index] === false);
      });
      expect(found).toEqual(bad);
      const levels = Math.ceil(Math.log2(Math.max(2, items.length)));
      expect(checks).toBeLessThanOrEqual(1 + 2 * levels * bad.length);
    }),
  );
});

it("checks a good batch once and an empty one not at all", () => {
  let checks = 0;
  const holds = (): boolean => ++checks > 0;
  expect(findBad([1, 2, 3], holds)).toEqual([]);
  expect(checks).toBe(1);
  expect(findBad([], holds)).toEqual([]);
  expect(checks).toBe(1);
});

it("does not check the right half when the left one is good: it must be the bad one", () => {
  let checks = 0;
  const holdsWithout7 = (part: readonly number[]): boolean => {
    checks++;
    return !part.includes(7);
  };
  expect(findBad([0, 1, 2, 3, 4, 5, 6, 7], holdsWithout7)).toEqual([7]);
  expect(checks).toBe(4); // the whole, then 0-3, 4-5, 6
});
