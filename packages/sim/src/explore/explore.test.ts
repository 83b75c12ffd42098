import { createTestNetwork } from "@sealwright/consensus/testing";
import { describe, expect, it } from "vitest";
import { placingsOf } from "./closingRun.js";
import { explore } from "./explore.js";
import { runSearches } from "./runSearches.js";
import { type Search, SMALL_SEARCHES } from "./searches.js";

/** A taste of each, large enough for every rule that a search has to find broken: `sealwright explore` runs them in full. */
const TASTES: Readonly<Record<string, Partial<Search>>> = {
  terms: { statesMax: 100_000, closings: 500 },
  crashes: { statesMax: 40_000, closings: 500 },
  bodies: { statesMax: 10_000 },
  chain: { closings: 50 },
  rivals: { statesMax: 40_000, closings: 100 },
  seven: { statesMax: 40_000 },
  late: { statesMax: 100_000, closings: 100 },
  disks: { statesMax: 40_000 },
  lost: { closings: 10 },
  timers: { statesMax: 40_000 },
};
const tastes = SMALL_SEARCHES.map((search) => ({ ...search, ...TASTES[search.name] }));
const named = (name: string): Search => tastes.find((search) => search.name === name)!;

describe("the exploration of the small world", () => {
  it("[I1, I3, I4, I5, I8, F3] finds nothing within the small bounds", { timeout: 900_000 }, async () => {
    const report = await runSearches({ searches: tastes, workers: 2 });
    expect(report.violations).toEqual([]);
    expect(report.bounds.map(({ name }) => name)).toEqual(Object.keys(TASTES));
    expect(report.bounds.every(({ states }) => states > 1_000)).toBe(true);
    for (const { name, closingsTried } of report.bounds)
      if (name !== "disks") expect(closingsTried?.runs, name).toBeGreaterThan(20);
  });

  it("sees the same states every time", async () => {
    const search = { ...named("chain"), blocks: 2, height: 2 };
    const [first, second] = [await explore(search), await explore(search)];
    expect(first.endedBy).toBe("complete");
    expect(second).toEqual(first);
  });

  it("says what ended it", async () => {
    const bounded = await explore({ ...named("crashes"), statesMax: 500 });
    expect(bounded).toMatchObject({ states: 500, endedBy: "bound", violation: null });
    const { bounds, violations } = await runSearches({
      searches: [named("rivals")],
      workers: 1,
      breakRule: "votes-on-two-chains",
    });
    expect(bounds).toMatchObject([{ name: "rivals", keepers: 4, liars: 1, endedBy: "violation", complete: false }]);
    expect(violations).toMatchObject([{ search: "rivals", invariant: "I1" }]);
  });

  it("[I8] tries every placing of the liars, and one run for states that a calm network makes the same", async () => {
    expect(placingsOf(createTestNetwork(4).rules)).toEqual([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]); // prettier-ignore
    expect(placingsOf(createTestNetwork(7).rules)).toHaveLength(21);
    const search = { ...named("chain"), blocks: 2, height: 1 };
    const all = await explore({ ...search, closings: 1 });
    expect(all.closingsTried!.states).toBe(all.states);
    expect(all.closingsTried!.runs % 4).toBe(0);
    expect(all.closingsTried!.runs / 4).toBeLessThan(all.states);
    const fewer = await explore({ ...search, closings: 3 });
    expect(fewer.closingsTried!.runs).toBe(4 * Math.ceil(all.closingsTried!.runs / 4 / 3));
  });

  it.each([
    ["finds votes on two chains when V3 is broken", "votes-on-two-chains", "rivals", "I1"],
    ["finds a final block left aside when a producer may extend any block", "switch-on-any-block", "terms", "F3"],
    ["finds one left aside when finality reaches across terms", "final-across-terms", "terms", "F3"],
    ["finds votes on two chains when a Fallback may be a keeper's only vote", "fallback-for-any-block", "late", "I1"],
    ["finds a thread that died when a block is thrown away for its rival", "own-block-thrown-away", "bodies", "I8"],
    ["finds a thread that died when keepers run ahead alone", "lone-keeper-runs-ahead", "timers", "I8"],
  ])("%s", { timeout: 300_000 }, async (_what, breakRule, search, invariant) => {
    const report = await runSearches({ searches: [named(search)], workers: 1, breakRule });
    expect(report.violations[0]?.invariant).toBe(invariant);
    expect(report.violations[0]?.story).toContain("k0");
  });
});
