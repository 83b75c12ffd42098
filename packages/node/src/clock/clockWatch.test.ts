import type { LogLevel } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { ClockWatch } from "./clockWatch.js";

/** A keeper of four that watches its clock, and what it writes into its log. */
function watching() {
  const clock = new ManualClock();
  const logged: string[] = [];
  let offsets: (number | null)[] = [null, null, null];
  const peers = () => offsets.map((clockOffsetMs) => ({ clockOffsetMs })) as never;
  const logger = { log: (level: LogLevel, code: string) => void logged.push(`${level} ${code}`) };
  const watch = new ClockWatch({ keepersMin: 2, timeAheadMaxMs: 500 }, { transport: { peers }, clock, logger });
  watch.start();
  return {
    watch,
    logged,
    clock,
    /** All others' clocks are this far ahead of this one, for some seconds. */
    skewed: (skewMs: number | null): void => {
      offsets = [skewMs, skewMs, skewMs];
      clock.advance(3_000);
    },
  };
}

describe("a keeper's watch over its clock", () => {
  it("warns once when the clock is off by more than half of what voting allows, and says when it is right", () => {
    const { skewed, logged } = watching();
    for (const skewMs of [250, 251, 400, 200, 126]) skewed(skewMs);
    expect(logged).toEqual(["warn clock.skewed"]);
    skewed(125);
    expect(logged).toEqual(["warn clock.skewed", "info clock.right"]);
    skewed(-251);
    expect(logged).toHaveLength(3);
  });

  it("is not ready beyond what voting allows, in either direction", () => {
    const { skewed, watch } = watching();
    for (const [skewMs, ok] of [
      [500, true],
      [501, false],
      [-500, true],
      [-501, false],
    ] as const) {
      skewed(skewMs);
      expect(watch.readiness()).toMatchObject({ name: "clockSane", ok });
      expect(watch.skewMs).toBe(skewMs);
    }
  });

  it("holds nothing against a clock that it cannot compare", () => {
    const { skewed, logged, watch } = watching();
    skewed(null);
    expect(watch.skewMs).toBeNull();
    expect(watch.readiness()).toEqual({
      name: "clockSane",
      ok: true,
      detail: "0 other keepers told their time, 2 are needed to compare",
    });
    expect(logged).toEqual([]);
  });

  it("looks no more once it is stopped", () => {
    const { skewed, logged, watch } = watching();
    watch.stop();
    skewed(900);
    expect(logged).toEqual([]);
  });
});
