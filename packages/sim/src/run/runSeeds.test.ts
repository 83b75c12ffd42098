import { describe, expect, it } from "vitest";
import { FAULT_NAMES } from "../faults/fault.js";
import { LIAR_NAMES } from "../liars/liarKinds.js";
import { runSeed, type SeedResult } from "./runSeed.js";
import { runSeeds } from "./runSeeds.js";

const keepers = { min: 4, max: 5 };
const troubleMs = 1_500;
const faults = [...FAULT_NAMES, ...LIAR_NAMES];

describe("running many seeds", () => {
  it("gives a seed the same trace in another process", { timeout: 120_000 }, async () => {
    const results: SeedResult[] = [];
    await runSeeds({
      seeds: [11, 12],
      keepers,
      faults,
      troubleMs,
      workers: 2,
      onResult: (result) => results.push(result),
    });
    for (const { seed, traceDigest } of results) {
      const here = await runSeed({ seed, keepers, faults, troubleMs });
      expect(here.traceDigest, `seed ${seed}`).toBe(traceDigest);
    }
  });

  it("adds up what the seeds gave", { timeout: 120_000 }, async () => {
    const results: SeedResult[] = [];
    const report = await runSeeds({
      seeds: [1, 2],
      keepers,
      faults,
      workers: 1,
      onResult: (result) => results.push(result),
    });
    expect(report.seeds).toBe(2);
    expect(report.steps).toBe(results.reduce((sum, { steps }) => sum + steps, 0));
    expect(report.violations).toEqual([]);
  });
});
