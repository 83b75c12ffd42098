import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "./manualClock.js";
import { SeededRandom } from "./seededRandom.js";

describe("ManualClock", () => {
  it("stands still until it is told to move", () => {
    const clock = new ManualClock(1_000);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_000, 0]);
    clock.advance(2.5);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_002, 2.5]);
  });

  it("fires timers once, in the order of their time, then of their making", () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    for (const [name, delay] of [
      ["c", 20],
      ["a", 10],
      ["b", 10],
      ["late", 50],
    ] as const) {
      clock.setTimer(delay, () => fired.push(`${name}@${clock.monotonicMs()}`));
    }
    clock.advance(30);
    clock.advance(10);
    expect(fired).toEqual(["a@10", "b@10", "c@20"]);
    clock.advance(10);
    expect(fired).toHaveLength(4);
  });

  it("fires timers that were set by timers on the way, and none that was cancelled", () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    const tick = (): void => {
      fired.push(clock.monotonicMs());
      clock.setTimer(10, tick);
    };
    clock.setTimer(10, tick);
    const cancelled = clock.setTimer(15, () => fired.push(-1));
    clock.setTimer(12, () => cancelled.cancel());
    clock.advance(35);
    cancelled.cancel();
    expect(fired).toEqual([10, 20, 30]);
  });

  it("fires a timer without delay, or with a negative one, at the next move", () => {
    const clock = new ManualClock();
    let fired = 0;
    clock.setTimer(-5, () => fired++);
    expect(fired).toBe(0);
    clock.advance(0);
    expect(fired).toBe(1);
  });
});

describe("SeededRandom", () => {
  it("gives the same bytes for the same seed, others for another, and never the same twice", () => {
    const [a, b, other] = [new SeededRandom(7), new SeededRandom(7n), new SeededRandom(8)];
    const first = a.bytes(40);
    expect(b.bytes(40)).toEqual(first);
    expect(other.bytes(40)).not.toEqual(first);
    expect(a.bytes(40)).not.toEqual(first);
    expect(first.subarray(0, 32)).not.toEqual(first.subarray(8, 40));
  });

  it("gives as many bytes as asked for, and whole numbers below a bound", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.integer({ min: 1, max: 1_000 }), (count, below) => {
        const random = new SeededRandom(count);
        expect(random.bytes(count)).toHaveLength(count);
        const drawn = random.int(below);
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < below).toBe(true);
      }),
    );
  });
});
