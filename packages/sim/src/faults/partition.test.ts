import { describe, expect, it } from "vitest";
import { SimRandom } from "../world/simRandom.js";
import { partition } from "./partition.js";

describe("a partition", () => {
  it("always leaves keepers on both sides", () => {
    const sizes = Array.from({ length: 1_000 }, (_, seed) => {
      const { keepers } = partition.draw(new SimRandom(seed, "partition"), 4);
      return new Set(keepers).size;
    });
    expect([...new Set(sizes)].sort()).toEqual([1, 2, 3]);
  });
});
