import { createHash } from "node:crypto";
import fc from "fast-check";
import type { BlockId, Term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { producerOf, selectorFor } from "./producerSelector.js";
import { drawBelow, shuffledOrder } from "./shuffle.js";
import { createTestNetwork } from "./testing/index.js";

const seeds: Record<string, BlockId> = {
  zeros: "00".repeat(32) as BlockId,
  counting: Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, "0")).join("") as BlockId,
  ones: "ff".repeat(32) as BlockId,
};

/** Written apart from the code, from the sentence that defines the shuffle: all words first, then the swaps. */
function referenceOrder(seedHex: string, count: number): number[] {
  const words: number[] = [];
  for (let counter = 0; words.length < 4 * count + 64; counter++) {
    const suffix = counter.toString(16).padStart(16, "0");
    const digest = createHash("sha256")
      .update(seedHex + suffix, "hex")
      .digest("hex");
    for (let i = 0; i < 64; i += 8) words.push(Number(`0x${digest.slice(i, i + 8)}`));
  }
  const order = [...Array(count).keys()];
  for (let bound = count; bound >= 2; bound--) {
    const limit = Math.floor(2 ** 32 / bound) * bound;
    let word = words.shift()!;
    while (word >= limit) word = words.shift()!;
    const chosen = word % bound;
    const held = order[chosen]!;
    order[chosen] = order[bound - 1]!;
    order[bound - 1] = held;
  }
  return order;
}

describe("shuffledOrder", () => {
  it("[§2] keeps its frozen vectors", () => {
    const orders = Object.entries(seeds).map(([name, seed]) => [
      name,
      ...[1, 4, 5, 7, 10].map((n) => shuffledOrder(seed, n).join()),
    ]);
    expect(orders).toEqual(VECTORS);
  });

  it("[§2] agrees with a second implementation, for any seed and size", () => {
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 300 }), (hex, count) => {
        expect(shuffledOrder(hex as BlockId, count)).toEqual(referenceOrder(hex, count));
      }),
    );
  });

  it("[§2] gives every place exactly once", () => {
    for (const count of [1, 2, 3, 64, 1_024]) {
      expect(shuffledOrder(seeds["ones"]!, count).sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
    }
  });

  it("[§2] favours no order: 12,000 seeds spread over the 24 orders of four as chance would have it", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const seed = createHash("sha256").update(`seed ${i}`).digest("hex") as BlockId;
      const order = shuffledOrder(seed, 4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // Chi-squared with 23 degrees of freedom stays below 49.7 in 999 of 1,000 cases; the seeds are fixed.
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
    expect(chiSquared).toBeLessThan(49.7);
  });

  it("needs something to shuffle", () => {
    for (const count of [0, -1, 1.5]) expect(() => shuffledOrder(seeds["ones"]!, count)).toThrow("nothing to shuffle");
  });
});

describe("drawBelow", () => {
  const drawn = (words: number[], bound: number): { value: number; left: number } => {
    const value = drawBelow(() => words.shift()!, bound);
    return { value, left: words.length };
  };

  it("[§2] draws again for every word from the largest multiple of the bound on", () => {
    // 2^32 = 3 · 1,431,655,765 + 1: one word is over. 2^32 = 7 · 613,566,756 + 4: four are.
    expect(drawn([2 ** 32 - 1, 5], 3)).toEqual({ value: 2, left: 0 });
    expect(drawn([2 ** 32 - 2, 5], 3)).toEqual({ value: 2, left: 1 });
    expect(drawn([2 ** 32 - 1, 2 ** 32 - 4, 8], 7)).toEqual({ value: 1, left: 0 });
    expect(drawn([2 ** 32 - 5, 8], 7)).toEqual({ value: 6, left: 1 });
  });

  it("[§2] takes every word when the bound divides them all", () => {
    expect(drawn([2 ** 32 - 1], 4)).toEqual({ value: 3, left: 0 });
  });
});

describe("producerOf", () => {
  const { rules } = createTestNetwork(5);
  const { seed, keepers } = rules;

  it("[§2] goes through one fixed order of all keepers, again and again", () => {
    const reign = Array.from({ length: 12 }, (_, t) => producerOf(seed, BigInt(t) as Term, keepers));
    expect(new Set(reign.slice(0, 5)).size).toBe(5);
    expect(reign.slice(5, 10)).toEqual(reign.slice(0, 5));
    expect(reign.slice(0, 5)).toEqual(shuffledOrder(seed, 5).map((place) => keepers.members[place]!.id));
  });

  it("[§2] the selector shows the seed and the term modulo N, also for terms beyond 53 bits", () => {
    expect(selectorFor(seed, 13n as Term, keepers)).toEqual({ seed, index: 3 });
    const last = (2n ** 64n - 1n) as Term;
    expect(selectorFor(seed, last, keepers).index).toBe(0);
    expect(producerOf(seed, last, keepers)).toBe(producerOf(seed, 0n as Term, keepers));
  });
});

/** Computed apart, in another language: the place in the sorted set of the producer of terms 0, 1, 2, … */
const VECTORS = [
  ["zeros", "0", "0,3,2,1", "2,4,3,0,1", "4,5,1,3,6,2,0", "8,4,0,3,2,9,6,7,5,1"],
  ["counting", "0", "3,2,1,0", "4,3,0,1,2", "0,5,2,3,4,6,1", "8,6,0,7,9,5,4,3,1,2"],
  ["ones", "0", "1,2,3,0", "4,2,0,1,3", "5,2,4,0,1,6,3", "7,0,3,5,9,1,4,2,6,8"],
];
