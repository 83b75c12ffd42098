import { term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { shouldYield } from "./yieldRules.js";

const turn = { term: term(1n), parentTerm: term(0n), keepers: 4, threads: 2, producing: 1 };

describe("shouldYield", () => {
  it("[S7] is true for who leads its share of the threads", () => {
    expect(shouldYield(turn)).toBe(true);
    expect(shouldYield({ ...turn, producing: 0 })).toBe(false);
    expect(shouldYield({ ...turn, threads: 9, producing: 2 })).toBe(false);
    expect(shouldYield({ ...turn, threads: 9, producing: 3 })).toBe(true);
  });

  it("[S7] is never true after one full loop", () => {
    expect(shouldYield({ ...turn, term: term(4n) })).toBe(true);
    expect(shouldYield({ ...turn, term: term(5n) })).toBe(false);
  });

  it("[S7] leaves somebody who does not yield, whoever leads what", () => {
    // All keepers together lead every other thread: not each of them can have its share.
    for (let keepers = 1; keepers <= 10; keepers++)
      for (let threads = 1; threads <= 20; threads++)
        expect((threads - 1) / keepers).toBeLessThan(Math.ceil(threads / keepers));
  });
});
