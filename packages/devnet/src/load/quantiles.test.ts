import { describe, expect, it } from "vitest";
import { quantilesOf } from "./quantiles.js";

describe("quantilesOf", () => {
  it("gives values of the sample, by nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantilesOf(hundred)).toEqual({ p50: 50, p90: 90, p99: 99, max: 100 });
    expect(quantilesOf([7])).toEqual({ p50: 7, p90: 7, p99: 7, max: 7 });
    expect(quantilesOf([])).toEqual({ p50: 0, p90: 0, p99: 0, max: 0 });
  });
});
