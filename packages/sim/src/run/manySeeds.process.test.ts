import { describe, expect, it } from "vitest";
import { FAULT_NAMES } from "../faults/fault.js";
import { LIAR_NAMES } from "../liars/liarKinds.js";
import { runSeeds } from "./runSeeds.js";

const SEEDS = 300;

describe("networks under fire", () => {
  it(
    `[I1-I14] keep every invariant and come back to life, for ${SEEDS} seeds with all faults and liars`,
    { timeout: 900_000 },
    async () => {
      const report = await runSeeds({
        seeds: Array.from({ length: SEEDS }, (_, i) => i + 1),
        keepers: { min: 4, max: 7 },
        faults: [...FAULT_NAMES, ...LIAR_NAMES],
        troubleMs: 4_000,
        workers: 2,
      });
      expect(report.violations.map(({ story }) => story).join("\n\n")).toBe("");
      expect(Object.keys(report.faultsInjected).sort()).toEqual([...FAULT_NAMES, ...LIAR_NAMES].sort());
      expect(report.finalizedBlocks).toBeGreaterThan(SEEDS * 10);
    },
  );
});
