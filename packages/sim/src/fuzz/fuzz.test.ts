import { describe, expect, it } from "vitest";
import { SimRandom } from "../world/simRandom.js";
import { Coverage } from "./coverage.js";
import { fuzz } from "./fuzz.js";
import { firstInputs, fuzzTargets } from "./fuzzTargets.js";
import { realFrames } from "./realFrames.js";

const INPUTS = 2_000;

describe("hostile bytes", () => {
  it("[I12] make no decoder throw", { timeout: 120_000 }, async () => {
    const { frames, simulation } = await realFrames(1);
    const seeds = firstInputs(simulation.genesis, frames);
    const coverage = new Coverage();
    for (const target of fuzzTargets(simulation.genesis.networkId)) {
      const random = new SimRandom(1, target.name);
      const report = fuzz(target, seeds, { random, coverage, isOver: (inputs) => inputs >= INPUTS });
      expect(report.failure, target.name).toBeNull();
    }
    coverage.close();
  });

  it("show a planted fault, with the input that does it", { timeout: 60_000 }, () => {
    const coverage = new Coverage();
    const hidden = (bytes: Uint8Array): void => {
      if (bytes[0] === 0xff && bytes[1] === 0x7f) throw new Error("planted");
    };
    const random = new SimRandom(2, "hidden");
    const world = { random, coverage, isOver: (inputs: number) => inputs >= 200_000 };
    const report = fuzz({ name: "hidden", decode: hidden }, [new Uint8Array(4)], world);
    coverage.close();
    expect(report.failure?.error).toContain("planted");
  });
});
