import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueBy } from "./loadSchedule.js";

describe("dueBy", () => {
  it("without a warm-up keeps the rate from the first moment", () => {
    for (const atMs of [0, 50, 1_000, 60_000])
      expect(dueBy(atMs, { ratePerS: 200, warmUpMs: 0 })).toBe((atMs * 200) / 1_000);
  });

  it("keeps exactly the rate after the warm-up", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.nat(20_000), fc.nat(60), (ratePerS, warmUpMs, afterS) => {
        const plan = { ratePerS, warmUpMs };
        const whole = dueBy(warmUpMs + (afterS + 1) * 1_000, plan) - dueBy(warmUpMs + afterS * 1_000, plan);
        expect(Math.abs(whole - ratePerS)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("grows evenly within the warm-up, from a tenth to the whole", () => {
    const plan = { ratePerS: 1_000, warmUpMs: 10_000 };
    const perS = Array.from({ length: 10 }, (_, s) => dueBy((s + 1) * 1_000, plan) - dueBy(s * 1_000, plan));
    expect(perS).toEqual([145, 235, 325, 415, 505, 595, 685, 775, 865, 955]);
  });
});
