import { BLIND, Coverage } from "./coverage.js";
import type { FuzzReport, FuzzWorld } from "./fuzz.js";
import type { FastCheck } from "./fuzzSource.js";
import type { FuzzTarget } from "./fuzzTarget.js";
import type { SiegeReport } from "./handlers/siege.js";

/** All that a fuzzing run needs; close the coverage at the end. */
export interface Fuzzing {
  readonly coverage: Coverage;
  readonly targets: readonly FuzzTarget[];
  run(target: FuzzTarget, options: FuzzOptions): FuzzReport;
  /** Hostile frames for a real keeper, in a network that follows from the seed. */
  besiege(options: Omit<FuzzOptions, "isGuided">): Promise<SiegeReport>;
}

export interface FuzzOptions extends Pick<FuzzWorld, "isOver" | "nowMs"> {
  /**
   * The same seed gives the same inputs, and the same siege. Where coverage decides what is kept that holds nearly: V8 does
   * not count calls of small functions which its compiler has put into others, and when it does that is not repeatable.
   */
  readonly seed: number;
  /** Whether coverage decides what is kept. */
  readonly isGuided: boolean;
}

/**
 * Begins to count coverage and only then loads the decoders, because V8 sees into no function that was compiled before.
 * So whoever wants the counts imports this file and nothing else of ours before it.
 */
export async function openFuzzing(fc: FastCheck): Promise<Fuzzing> {
  const coverage = new Coverage();
  const [{ fuzz }, { fuzzSource }, { fuzzTargets }, { framesWithout, realFrames }, { besiege }, { SimRandom }] =
    await Promise.all([
      import("./fuzz.js"),
      import("./fuzzSource.js"),
      import("./fuzzTargets.js"),
      import("./realFrames.js"),
      import("./handlers/siege.js"),
      import("../world/simRandom.js"),
    ]);
  const { genesis, frames } = await realFrames(1);
  return {
    coverage,
    targets: fuzzTargets(fuzzSource(genesis, frames, fc)),
    run: (target, { seed, isGuided, ...world }) =>
      fuzz(target, { ...world, random: new SimRandom(seed, target.name), coverage: isGuided ? coverage : BLIND }),
    besiege: async ({ seed, ...world }) => {
      const random = new SimRandom(seed, "siege");
      const heard = await framesWithout(seed, random.int(4));
      return besiege({ ...world, source: fuzzSource(heard.genesis, heard.frames, fc), self: heard.silent, random });
    },
  };
}
