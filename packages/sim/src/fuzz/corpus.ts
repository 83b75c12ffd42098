import type { SimRandom } from "../world/simRandom.js";

/** Both are far above what a target has kept so far; they bound the memory of a run that goes on for days. */
export interface CorpusLimits {
  readonly inputsMax: number;
  readonly bytesMax: number;
}

/** Inputs to change: the seeds, which stay, and what was kept, of which the oldest give way. */
export class Corpus {
  readonly #seeds: readonly Uint8Array[];
  readonly #limits: CorpusLimits;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;

  constructor(seeds: readonly Uint8Array[], limits: CorpusLimits) {
    this.#seeds = seeds.length === 0 ? [new Uint8Array()] : seeds;
    this.#limits = limits;
  }

  /** Inputs at hand, seeds included. */
  get size(): number {
    return this.#seeds.length + this.#kept.length;
  }

  keep(input: Uint8Array): void {
    this.#kept.push(input);
    this.#keptBytes += input.length;
    while (this.#kept.length > this.#limits.inputsMax || this.#keptBytes > this.#limits.bytesMax)
      this.#keptBytes -= this.#kept.shift()!.length;
  }

  /** Half of the time a seed, half of the time something kept: one gets further from where it arrived. */
  pick(random: SimRandom): Uint8Array {
    const isKept = this.#kept.length > 0 && random.happens(0.5);
    return random.pick(isKept ? this.#kept : this.#seeds);
  }
}
