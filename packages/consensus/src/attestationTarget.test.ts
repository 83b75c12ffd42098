import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BETA_MAX,
  fallbackDeadline,
  INITIAL_WINDOW,
  nextBeta,
  primaryDeadline,
  pushSamples,
  TARGET_WINDOW,
} from "./attestationTarget.js";

const samples = fc.array(fc.integer({ min: 1, max: 62 }), { maxLength: 20 });

describe("β", () => {
  it("[§5] starts at 3, with a window of 15 threes and deadlines of 3 and 7", () => {
    expect(INITIAL_WINDOW).toEqual(Array(15).fill(3));
    expect(nextBeta(3, INITIAL_WINDOW)).toBe(3);
    expect([primaryDeadline(3), fallbackDeadline(3)]).toEqual([3, 7]);
  });

  it("[§5] grows to the median at once", () => {
    expect(nextBeta(3, Array(15).fill(12))).toBe(12);
    expect(nextBeta(3, [...Array<number>(8).fill(9), ...Array<number>(7).fill(1)])).toBe(9);
  });

  it("[§5] shrinks by one a block, down to the median", () => {
    const betas = [30];
    for (let i = 0; i < 40; i++) betas.push(nextBeta(betas[betas.length - 1]!, Array(15).fill(2)));
    expect(betas.slice(0, 4)).toEqual([30, 29, 28, 27]);
    expect(betas.slice(-2)).toEqual([2, 2]);
  });

  it("[§5] the median ignores seven outliers of fifteen", () => {
    expect(nextBeta(3, [...Array<number>(8).fill(3), ...Array<number>(7).fill(60)])).toBe(3);
  });

  it("[§5] stays within 1..30 and never falls by more than one, whatever is sampled", () => {
    fc.assert(
      fc.property(fc.array(samples, { maxLength: 60 }), (settledPerBlock) => {
        let window = INITIAL_WINDOW;
        let beta = 3;
        for (const settled of settledPerBlock) {
          window = pushSamples(window, settled);
          expect(window).toHaveLength(TARGET_WINDOW);
          const next = nextBeta(beta, window);
          expect(next).toBeGreaterThanOrEqual(Math.max(1, beta - 1));
          expect(next).toBeLessThanOrEqual(BETA_MAX);
          beta = next;
        }
      }),
    );
  });

  it("[§5] the window keeps the last fifteen samples in the order of their blocks", () => {
    expect(pushSamples(INITIAL_WINDOW, [])).toBe(INITIAL_WINDOW);
    expect(pushSamples(INITIAL_WINDOW, [4, 5])).toEqual([...Array<number>(13).fill(3), 4, 5]);
    const many = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(pushSamples(INITIAL_WINDOW, many)).toEqual(many.slice(5));
  });
});
