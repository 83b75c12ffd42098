import type { SimRandom } from "../world/simRandom.js";
import type { Coverage } from "./coverage.js";
import type { FuzzTarget } from "./fuzzTargets.js";
import { mutateBytes } from "./mutateBytes.js";

export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  /** Inputs kept because their batch reached code that none before it did. */
  readonly kept: number;
  /** The first input that made the target throw, as hex, and what it threw. */
  readonly failure: { readonly input: string; readonly error: string } | null;
}

const BATCH = 250;
const CORPUS_MAX = 4_096;
const INPUT_BYTES_MAX = 1024 * 1024;

/**
 * Changes inputs again and again and keeps those that reach new code, until `isOver`. Coverage is looked at once per
 * batch, because asking for it costs more than a hundred decodings.
 */
export function fuzz(
  target: FuzzTarget,
  seeds: readonly Uint8Array[],
  world: { readonly random: SimRandom; readonly coverage: Coverage; readonly isOver: (inputs: number) => boolean },
): FuzzReport {
  const { random, coverage } = world;
  const corpus = seeds.length === 0 ? [new Uint8Array()] : [...seeds];
  let [inputs, kept] = [0, 0];
  for (let batch = [...corpus]; ; batch = nextBatch(random, corpus)) {
    for (const input of batch) {
      const error = failureOf(target, input);
      inputs += 1;
      if (error !== null)
        return { target: target.name, inputs, kept, failure: { input: Buffer.from(input).toString("hex"), error } };
    }
    // Which of the batch it was is not told: all of it stays, and its children show which were worth it.
    if (coverage.takeNew() > 0 && corpus.length < CORPUS_MAX) {
      corpus.push(...batch);
      kept += batch.length;
    }
    if (world.isOver(inputs)) return { target: target.name, inputs, kept, failure: null };
  }
}

function nextBatch(random: SimRandom, corpus: readonly Uint8Array[]): Uint8Array[] {
  return Array.from({ length: BATCH }, () =>
    mutateBytes(random, random.pick(corpus), random.pick(corpus)).subarray(0, INPUT_BYTES_MAX),
  );
}

function failureOf({ decode }: FuzzTarget, input: Uint8Array): string | null {
  try {
    decode(input);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
