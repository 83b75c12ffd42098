import { describe, expect, it } from "vitest";
import { type LatencySample, measureRecovery } from "./recovery.js";

/** Ascending times, every `everyMs` from `fromMs` until before `toMs`. */
function every(everyMs: number, fromMs: number, toMs: number): number[] {
  return Array.from({ length: Math.ceil((toMs - fromMs) / everyMs) }, (_, i) => fromMs + i * everyMs);
}

const steady = (latencyMs: number, fromMs: number, toMs: number): LatencySample[] =>
  every(10, fromMs, toMs).map((atMs) => ({ atMs, latencyMs }));

describe("measureRecovery", () => {
  it("finds the longest wait for a final block after a fault, on the thread that waited longest", () => {
    const [recovery] = measureRecovery([1_000], {
      finalsAtMs: [every(100, 0, 5_000), [...every(100, 0, 1_000), ...every(100, 2_600, 5_000)]],
      latencies: steady(50, 0, 5_000),
      endMs: 5_000,
    });
    expect(recovery).toEqual({ blipMs: 1_600, hangoverMs: 0 });
  });

  it("counts the time after the fault alone, not the wait that was under way", () => {
    const run = { finalsAtMs: [[0, 1_500]], latencies: [], endMs: 1_600 };
    expect(measureRecovery([1_000], run)).toEqual([{ blipMs: 500, hangoverMs: null }]);
  });

  it("counts from the end of the blip until what is asked for is answered within twice of before", () => {
    const draining = every(10, 2_000, 2_400).map((atMs) => ({ atMs, latencyMs: 400 - (atMs - 2_000) + 50 }));
    const [recovery] = measureRecovery([1_000], {
      finalsAtMs: [[...every(50, 0, 1_000), ...every(50, 2_000, 6_000)]],
      latencies: [...steady(50, 0, 1_000), ...steady(1_000, 1_000, 2_000), ...draining, ...steady(50, 2_400, 6_000)],
      endMs: 6_000,
    });
    expect(recovery?.blipMs).toBe(1_000);
    expect(recovery?.hangoverMs).toBeGreaterThan(50);
    expect(recovery?.hangoverMs).toBeLessThanOrEqual(400);
  });

  it("is not taken in by one quick answer among slow ones", () => {
    const slow = steady(900, 1_000, 3_000).map((sample) =>
      sample.atMs === 1_500 ? { ...sample, latencyMs: 1 } : sample,
    );
    const run = { finalsAtMs: [every(50, 0, 3_000)], latencies: [...steady(50, 0, 1_000), ...slow], endMs: 3_000 };
    expect(measureRecovery([1_000], run)[0]?.hangoverMs).toBeNull();
  });

  it("says null when nothing was final before, and when it never got well", () => {
    const stuck = { finalsAtMs: [every(50, 0, 1_000)], endMs: 9_000 };
    const never = [...steady(50, 0, 900), ...steady(Infinity, 1_000, 9_000)];
    expect(measureRecovery([1_000], { ...stuck, latencies: never })).toEqual([{ blipMs: 8_000, hangoverMs: null }]);
    expect(measureRecovery([10], { ...stuck, latencies: steady(50, 20, 900) })[0]?.hangoverMs).toBeNull();
  });

  it("takes the beat of a thread that nobody asks anything of any more for no fault's doing", () => {
    const busy = [...every(50, 0, 1_000), 1_200, ...every(50, 1_250, 3_100)];
    const run = { finalsAtMs: [[...busy, ...every(340, 3_300, 9_000)]], latencies: steady(50, 0, 3_000), endMs: 9_000 };
    expect(measureRecovery([1_000], run)).toEqual([{ blipMs: 200, hangoverMs: 0 }]);
  });

  it("counts a wait to its end that began while something was asked for, and one that the fault itself began", () => {
    const stuck = [...every(50, 0, 2_900), ...every(50, 6_000, 9_000)];
    const run = { finalsAtMs: [stuck], latencies: steady(50, 0, 3_000), endMs: 9_000 };
    expect(measureRecovery([2_000, 5_000], run).map(({ blipMs }) => blipMs)).toEqual([3_150, 1_000]);
  });

  it("gives a wait to every fault during which it lasted, each from its own time on", () => {
    const run = { finalsAtMs: [[...every(50, 0, 1_000), ...every(50, 4_000, 6_000)]], latencies: [], endMs: 6_000 };
    expect(measureRecovery([1_000, 3_000], run).map(({ blipMs }) => blipMs)).toEqual([3_000, 1_000]);
  });

  it("leaves to the next fault a wait that had only just begun when it came", () => {
    const run = { finalsAtMs: [[...every(50, 0, 3_000), ...every(50, 9_000, 9_500)]], latencies: [], endMs: 9_500 };
    const [first, second] = measureRecovery([1_000, 2_990], run);
    expect(first!.blipMs).toBeLessThan(100);
    expect(second!.blipMs).toBe(6_010);
  });

  it("gives faults of one moment the same figures: nobody can tell which of them did what", () => {
    const run = {
      finalsAtMs: [[...every(50, 0, 20_000), ...every(50, 24_200, 30_000)]],
      latencies: [...steady(50, 0, 20_000), ...steady(4_000, 20_000, 24_200), ...steady(50, 24_200, 30_000)],
      endMs: 30_000,
    };
    const both = { blipMs: 4_200, hangoverMs: 0 };
    expect(measureRecovery([20_000, 20_001], run)).toEqual([both, both]);
  });

  it("lets faults less than half a second apart share a window, from the first on, and begins a new one after that", () => {
    const run = { finalsAtMs: [[...every(50, 0, 1_000), 2_500, 2_600]], latencies: [], endMs: 2_650 };
    expect(measureRecovery([1_000, 1_400, 1_800, 2_300], run).map(({ blipMs }) => blipMs)).toEqual([
      1_500, 1_500, 1_500, 200,
    ]);
  });

  it("does not mind in which order faults happened: one may look for its target while a later one is done", () => {
    const run = { finalsAtMs: [[...every(50, 0, 1_000), ...every(50, 4_000, 6_000)]], latencies: [], endMs: 6_000 };
    expect(measureRecovery([3_000, 1_000], run).map(({ blipMs }) => blipMs)).toEqual([1_000, 3_000]);
  });
});
