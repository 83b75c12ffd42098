import { BLIND, Coverage } from "./coverage.js";
import type { FuzzReport, FuzzWorld } from "./fuzz.js";
import type { FastCheck } from "./fuzzSource.js";
import type { FuzzTarget } from "./fuzzTarget.js";

/** All that a fuzzing run needs; close the coverage at the end. */
export interface Fuzzing {
  readonly coverage: Coverage;
  readonly targets: readonly FuzzTarget[];
  run(target: FuzzTarget, options: FuzzOptions): FuzzReport;
}

export interface FuzzOptions {
  /** The same seed gives the same inputs, whatever ran before. */
  readonly seed: number;
  /** Whether coverage decides what is kept. */
  readonly isGuided: boolean;
  readonly isOver: FuzzWorld["isOver"];
}

/**
 * Begins to count coverage and only then loads the decoders, because V8 sees into no function that was compiled before.
 * So whoever wants the counts imports this file and nothing else of ours before it.
 */
export async function openFuzzing(fc: FastCheck): Promise<Fuzzing> {
  const coverage = new Coverage();
  const [{ fuzz }, { fuzzSource }, { fuzzTargets }, { realFrames }, { SimRandom }] = await Promise.all([
    import("./fuzz.js"),
    import("./fuzzSource.js"),
    import("./fuzzTargets.js"),
    import("./realFrames.js"),
    import("../world/simRandom.js"),
  ]);
  const { frames, genesis } = await realFrames(1);
  return {
    coverage,
    targets: fuzzTargets(fuzzSource(genesis, frames, fc)),
    run: (target, { seed, isGuided, isOver }) =>
      fuzz(target, { random: new SimRandom(seed, target.name), coverage: isGuided ? coverage : BLIND, isOver }),
  };
}
