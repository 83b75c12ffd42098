import { describe, expect, it } from "vitest";
import { explore } from "./explore.js";
import { runSearches } from "./runSearches.js";
import { SMALL_SEARCHES } from "./searches.js";

describe("the exploration of the small world", () => {
  it("[I1, I3, I4, I5] finds nothing within the small bounds", { timeout: 180_000 }, async () => {
    const report = await runSearches({ searches: SMALL_SEARCHES, workers: 2 });
    expect(report.violations).toEqual([]);
    expect(report.states).toBeGreaterThan(50_000);
  });

  it("sees the same states every time", () => {
    const bounds = { keepers: 4, blocks: 2, height: 2, terms: 1, crashes: 0 };
    const [first, second] = [explore(bounds, 10_000), explore(bounds, 10_000)];
    expect(first.complete).toBe(true);
    expect(second.states).toBe(first.states);
  });

  it("says when its bound on states ended it", () => {
    const report = explore({ keepers: 4, blocks: 3, height: 3, terms: 1, crashes: 1 }, 500);
    expect(report).toMatchObject({ complete: false, violations: [] });
  });

  it("finds votes on two chains when V3 is broken", { timeout: 120_000 }, async () => {
    const report = await runSearches({
      searches: SMALL_SEARCHES.slice(0, 1),
      workers: 1,
      breakRule: "votes-on-two-chains",
    });
    expect(report.violations[0]?.invariant).toBe("I1");
    expect(report.violations[0]?.story).toContain("voted for");
  });
});
