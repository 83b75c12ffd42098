import type { Clock } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallTimeouts } from "./callTimeouts.js";

const LIMIT_MS = 100;

describe("CallTimeouts", () => {
  it("ends each call after the limit, unless it ended before, whatever comes in between", () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant("begin" as const) }),
      fc.record({ type: fc.constant("end" as const), nth: fc.nat({ max: 20 }) }),
      fc.record({ type: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 80 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new ManualClock();
        const timedOut: number[] = [];
        const timeouts = new CallTimeouts<number>(LIMIT_MS, clock, (call) => timedOut.push(call));
        const begunAtMs: number[] = [];
        const ended = new Set<number>();
        for (const each of steps) {
          if (each.type === "wait") clock.advance(each.ms);
          else if (each.type === "begin") timeouts.begin(begunAtMs.push(clock.monotonicMs()) - 1);
          else if (each.nth < begunAtMs.length && !timedOut.includes(each.nth)) {
            ended.add(each.nth);
            timeouts.end(each.nth);
          }
          const due = begunAtMs.flatMap((atMs, call) =>
            !ended.has(call) && clock.monotonicMs() - atMs >= LIMIT_MS ? [call] : [],
          );
          expect(timedOut).toEqual(due);
        }
      }),
      { seed: 20, numRuns: 300 },
    );
  });

  it("has no timer while no call runs", () => {
    const clock = new ManualClock();
    const open = new Set<object>();
    const setTimer: Clock["setTimer"] = (ms, callback) => {
      const timer = clock.setTimer(ms, callback);
      open.add(timer);
      return { cancel: () => void (timer.cancel(), open.delete(timer)) };
    };
    const counting: Clock = { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs(), setTimer };
    const timeouts = new CallTimeouts<string>(LIMIT_MS, counting, () => undefined);
    timeouts.begin("a");
    timeouts.begin("b");
    timeouts.end("a");
    expect(open.size).toBe(1);
    timeouts.end("b");
    expect(open.size).toBe(0);
  });
});
