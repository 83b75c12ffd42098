import { describe, expect, it } from "vitest";
import { explore } from "./explore.js";
import { runSearches } from "./runSearches.js";
import { type Search, SMALL_SEARCHES } from "./searches.js";

/** A taste of each: `sealwright explore` runs them in full. */
const STATES_MAX = 40_000;
const tastes = SMALL_SEARCHES.map((search) => ({ ...search, statesMax: Math.min(search.statesMax, STATES_MAX) }));
const named = (name: string): Search => SMALL_SEARCHES.find((search) => search.name === name)!;

describe("the exploration of the small world", () => {
  it("[I1, I3, I4, I5, I8, F3] finds nothing within the small bounds", { timeout: 240_000 }, async () => {
    const report = await runSearches({ searches: tastes, workers: 2 });
    expect(report.violations).toEqual([]);
    expect(report.searches.every(({ states }) => states > 1_000)).toBe(true);
  });

  it("sees the same states every time", () => {
    const search = { ...named("chain"), blocks: 2, height: 2 };
    const [first, second] = [explore(search), explore(search)];
    expect(first.complete).toBe(true);
    expect(second.states).toBe(first.states);
  });

  it("says when its bound on states ended it", () => {
    expect(explore({ ...named("crashes"), statesMax: 500 })).toMatchObject({ complete: false, violations: [] });
  });

  it.each([
    ["finds votes on two chains when V3 is broken", "votes-on-two-chains", "rivals", "I1"],
    ["finds a final block left aside when a producer may extend any block", "switch-on-any-block", "terms", "F3"],
    ["finds a thread that died when keepers run ahead alone", "lone-keeper-runs-ahead", "timers", "I8"],
  ])("%s", { timeout: 120_000 }, async (_what, breakRule, search, invariant) => {
    const report = await runSearches({ searches: [named(search)], workers: 1, breakRule });
    expect(report.violations[0]?.invariant).toBe(invariant);
    expect(report.violations[0]?.story).toContain("k0");
  });
});
