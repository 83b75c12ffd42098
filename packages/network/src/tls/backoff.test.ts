import { SeededRandom } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff.js";

describe("backoff", () => {
  const limits = { firstMs: 50, maxMs: 2_000 };

  it("[S10] doubles up to the maximum, each wait at least half and at most all of it", () => {
    const backoff = new Backoff(limits, new SeededRandom(3));
    for (const fullMs of [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]) {
      const waitMs = backoff.nextMs();
      expect(waitMs).toBeGreaterThan(fullMs / 2);
      expect(waitMs).toBeLessThanOrEqual(fullMs);
    }
    for (let n = 0; n < 2_000; n += 1) expect(backoff.nextMs()).toBeLessThanOrEqual(2_000);
  });

  it("[S10] starts over after a success", () => {
    const backoff = new Backoff(limits, new SeededRandom(3));
    for (let n = 0; n < 10; n += 1) backoff.nextMs();
    backoff.reset();
    expect(backoff.nextMs()).toBeLessThanOrEqual(50);
  });

  it("[S10] keepers with different randomness do not wait alike", () => {
    const waits = [1, 2, 3, 4].map((seed) => new Backoff(limits, new SeededRandom(seed)).nextMs());
    expect(new Set(waits).size).toBe(4);
  });
});
