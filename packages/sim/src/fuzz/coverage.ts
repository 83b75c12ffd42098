import { type Profiler, Session } from "node:inspector";

/**
 * Which blocks of our compiled code have run so far in this process, as V8 counts them. An input that makes a block run
 * for the first time is worth keeping.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    this.takeNew();
  }

  get size(): number {
    return this.#seen.size;
  }

  /** @returns how many blocks ran for the first time since the last call */
  takeNew(): number {
    const before = this.#seen.size;
    // In the same thread the answer comes before the call returns.
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error === null) for (const script of taken.result) this.#note(script);
    });
    return this.#seen.size - before;
  }

  close(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  #note({ url, functions }: Profiler.ScriptCoverage): void {
    if (!url.includes("/packages/") || url.includes("/packages/sim/")) return;
    for (const { ranges } of functions)
      for (const { startOffset, endOffset, count } of ranges)
        if (count > 0) this.#seen.add(`${url}:${startOffset}-${endOffset}`);
  }
}
