import type { SimRandom } from "../world/simRandom.js";
import { Corpus } from "./corpus.js";
import type { Coverage } from "./coverage.js";
import type { FuzzTarget } from "./fuzzTarget.js";
import { mutateBytes } from "./mutateBytes.js";
import { Reached } from "./reached.js";

export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  /** Inputs that read as what they should be. */
  readonly accepted: number;
  /** Inputs kept because they reached code that none before them did. */
  readonly kept: number;
  /** Functions of shipped code that ran. */
  readonly functions: number;
  /** What one input took at most; 0 where nobody has a clock. */
  readonly slowestMs: number;
  /** The first input that made the target throw, as hex, and what it threw. */
  readonly failure: { readonly input: string; readonly error: string } | null;
}

export interface FuzzWorld {
  readonly random: SimRandom;
  readonly coverage: Pick<Coverage, "take">;
  /** Asked after every batch. */
  readonly isOver: (inputs: number) => boolean;
  readonly nowMs?: () => number;
}

/** A batch is the larger the longer nothing new was found. */
const BATCH_MIN = 250;
const BATCH_MAX = 4_000;
const CORPUS_LIMITS = { inputsMax: 4_096, bytesMax: 64 * 1024 * 1024 };
const INPUT_BYTES_MAX = 1024 * 1024;

/**
 * Changes inputs again and again and keeps those that reach new code, until `isOver`. Coverage is looked at once per
 * batch, because asking for it takes as long as some hundred decodings; a batch that reached something new is run again
 * in halves, until it is known which of its inputs did.
 */
export function fuzz(target: FuzzTarget, { random, coverage, isOver, nowMs = () => 0 }: FuzzWorld): FuzzReport {
  const run = new FuzzRun(target, { coverage, nowMs });
  const corpus = new Corpus(target.seeds, CORPUS_LIMITS);
  let [kept, batchSize] = [0, BATCH_MIN];
  run.begin();
  while (run.failure === null && !isOver(run.inputs)) {
    const found = run.newOf(nextBatch(random, corpus, batchSize));
    for (const input of found) corpus.keep(input);
    kept += found.length;
    batchSize = found.length > 0 ? BATCH_MIN : Math.min(2 * batchSize, BATCH_MAX);
  }
  const { inputs, accepted, functions, slowestMs, failure } = run;
  return { target: target.name, inputs, accepted, kept, functions, slowestMs, failure };
}

/** One target with what its inputs have reached so far. */
class FuzzRun {
  inputs = 0;
  accepted = 0;
  slowestMs = 0;
  failure: FuzzReport["failure"] = null;
  readonly #target: FuzzTarget;
  readonly #coverage: FuzzWorld["coverage"];
  readonly #nowMs: () => number;
  readonly #reached = new Reached();

  constructor(target: FuzzTarget, { coverage, nowMs }: Required<Pick<FuzzWorld, "coverage" | "nowMs">>) {
    this.#target = target;
    this.#coverage = coverage;
    this.#nowMs = nowMs;
  }

  get functions(): number {
    return this.#reached.functions;
  }

  begin(): void {
    this.#coverage.take();
    this.#runAll(this.#target.seeds);
    this.#reached.add(this.#coverage.take());
  }

  /** @returns those of the batch that reached new code; what the whole of it reached counts as known from now on */
  newOf(batch: readonly Uint8Array[]): readonly Uint8Array[] {
    this.#runAll(batch);
    const sample = this.#coverage.take();
    if (this.failure !== null || !this.#reached.lacks(sample)) return [];
    const half = batch.length >> 1;
    const found = half === 0 ? batch : [batch.slice(0, half), batch.slice(half)].flatMap((part) => this.newOf(part));
    // What a cache has answered the second time is found in no half: then nobody keeps it.
    this.#reached.add(sample);
    return found;
  }

  #runAll(batch: readonly Uint8Array[]): void {
    for (const input of batch) {
      if (this.failure !== null) return;
      this.inputs += 1;
      const beganMs = this.#nowMs();
      try {
        if (this.#target.decode(input)) this.accepted += 1;
      } catch (thrown) {
        const error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
        this.failure = { input: Buffer.from(input).toString("hex"), error };
      }
      this.slowestMs = Math.max(this.slowestMs, this.#nowMs() - beganMs);
    }
  }
}

function nextBatch(random: SimRandom, corpus: Corpus, length: number): Uint8Array[] {
  return Array.from({ length }, () =>
    mutateBytes(random, corpus.pick(random), corpus.pick(random)).subarray(0, INPUT_BYTES_MAX),
  );
}
