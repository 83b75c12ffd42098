import type { CoverageSample } from "./coverage.js";
import { intersectSpans, type Span } from "./spans.js";

/** What of the code the inputs of one run have reached so far. */
export class Reached {
  /** For each function that ran, what of it never did. */
  readonly #unreached = new Map<string, readonly Span[]>();

  /** Functions that ran. */
  get functions(): number {
    return this.#unreached.size;
  }

  /** Whether something of the sample never ran in a sample that was added. */
  lacks(sample: CoverageSample): boolean {
    for (const [name, unreached] of sample) {
      const before = this.#unreached.get(name);
      if (before === undefined || lengthOf(intersectSpans(before, unreached)) < lengthOf(before)) return true;
    }
    return false;
  }

  add(sample: CoverageSample): void {
    for (const [name, unreached] of sample) {
      const before = this.#unreached.get(name);
      this.#unreached.set(name, before === undefined ? unreached : intersectSpans(before, unreached));
    }
  }
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}
