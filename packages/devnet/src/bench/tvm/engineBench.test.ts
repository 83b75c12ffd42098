import { describe, expect, it } from "vitest";
import { shareOf, threadsOf } from "./engineBench.js";
import { TVM_WORK } from "./tvmWorkload.js";

describe("work for contracts", () => {
  it.each(TVM_WORK)(
    "is accepted by all %s, by the machine alone and in blocks, and both do all of it",
    async (name) => {
      const { barePerS, enginePerS } = await shareOf(name, 300, 100);
      expect(barePerS).toBeGreaterThan(0);
      expect(enginePerS).toBeGreaterThan(0);
    },
  );

  it("is accepted by wallets of two threads at once", async () => {
    // Turns of a block each, so that how fast the machine is does not decide whether there is one of both.
    const { onePerS, twoPerS } = await threadsOf(400, 100, 0);
    expect(onePerS).toBeGreaterThan(0);
    expect(twoPerS).toBeGreaterThan(0);
  });
});
