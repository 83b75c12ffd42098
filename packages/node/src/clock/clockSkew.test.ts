import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clockSkewOf, skewText } from "./clockSkew.js";

const peers = (offsetsMs: readonly (number | null)[]) => offsetsMs.map((clockOffsetMs) => ({ clockOffsetMs }));

describe("clock skew", () => {
  it("is the median of those that tell their time", () => {
    expect(clockSkewOf(peers([900, null, -4, 3]), 2)).toEqual({ type: "measured", skewMs: 3, keepers: 3 });
    expect(clockSkewOf(peers([10, 20]), 2)).toEqual({ type: "measured", skewMs: 15, keepers: 2 });
  });

  it("is unknown while too few tell it, and with nobody to compare with", () => {
    expect(clockSkewOf(peers([5, null, null]), 2)).toEqual({ type: "unknown", keepers: 1 });
    expect(clockSkewOf([], 0)).toEqual({ type: "unknown", keepers: 0 });
  });

  it("lies between honest clocks whatever fewer than half of them say", () => {
    const honest = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 20 });
    const lies = fc.array(fc.oneof(fc.integer(), fc.constantFrom(-1e18, 1e18)), { maxLength: 19 });
    fc.assert(
      fc.property(honest, lies, (told, lied) => {
        const skew = clockSkewOf(peers([...lied.slice(0, told.length - 1), ...told]), 1);
        if (skew.type !== "measured") throw new Error("it is measured");
        expect(skew.skewMs).toBeGreaterThanOrEqual(Math.min(...told));
        expect(skew.skewMs).toBeLessThanOrEqual(Math.max(...told));
      }),
    );
  });

  it("is told from where this clock stands", () => {
    expect(skewText({ type: "measured", skewMs: 12, keepers: 3 })).toBe(
      "12 ms behind those of 3 other keepers (median)",
    );
    expect(skewText({ type: "measured", skewMs: -700.5, keepers: 1 })).toBe("700.5 ms ahead of that of 1 other keeper");
  });
});
