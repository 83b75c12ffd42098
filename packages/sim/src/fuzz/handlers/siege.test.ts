import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SimRandom } from "../../world/simRandom.js";
import { fuzzSource } from "../fuzzSource.js";
import { framesWithout } from "../realFrames.js";
import { besiege, type SiegeReport } from "./siege.js";

async function run(seed: number, framesMax: number): Promise<SiegeReport> {
  const { genesis, frames, silent } = await framesWithout(seed, seed % 4);
  const source = fuzzSource(genesis, frames, fc);
  const random = new SimRandom(seed, "siege");
  return besiege({ source, self: silent, random, isOver: (count) => count >= framesMax });
}

describe("a real keeper under hostile frames", () => {
  // All verify in two threads; a lottery in one.
  it.each([1, 5])("[I12] neither stops nor outgrows a bound, and goes on with what is real (seed %i)", async (seed) => {
    const report = await run(seed, 1_200);
    expect(report.failure).toBeNull();
    expect(report.finalHeight).toBeGreaterThan(0n);
    // What came was of many sorts, and what was wrong was noticed as what it is.
    expect(Object.keys(report.penalties).length).toBeGreaterThan(8);
    expect(report.largest.map(([name]) => name)).toContain("KeeperRunner.#state.parked");
  });

  it("goes through the same again with the same seed", async () => {
    expect(await run(3, 500)).toEqual(await run(3, 500));
  });
});
