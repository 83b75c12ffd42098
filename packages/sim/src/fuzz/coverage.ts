import { type Profiler, Session } from "node:inspector";
import { type Span, unreachedSpans } from "./spans.js";

/** What ran between two looks: for each function that was called, the parts of its text that were not reached. */
export type CoverageSample = ReadonlyMap<string, readonly Span[]>;

/** The shipped code: what belongs to the simulator itself says nothing about an input. */
function isShipped(url: string): boolean {
  return url.includes("/packages/") && !url.includes("/packages/sim/");
}

/**
 * Looks at which parts of our compiled code run in this process. V8 counts inside a function only where it was compiled
 * after counting began, so this has to exist before the first decoder is imported.
 */
export class Coverage {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** @returns what ran since the last call, and forgets it */
  take(): CoverageSample {
    const sample = new Map<string, readonly Span[]>();
    // In the same thread the answer comes before the call returns.
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error === null) for (const script of taken.result) noteScript(sample, script);
    });
    return sample;
  }

  close(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }
}

/** Sees nothing, so that every input counts as much as any other: the way to make many in little time. */
export const BLIND: Pick<Coverage, "take"> = { take: () => new Map() };

function noteScript(sample: Map<string, readonly Span[]>, { url, functions }: Profiler.ScriptCoverage): void {
  if (!isShipped(url)) return;
  for (const { ranges } of functions) {
    const [whole] = ranges;
    if (whole === undefined || whole.count === 0) continue;
    sample.set(`${url}:${whole.startOffset}-${whole.endOffset}`, unreachedSpans(ranges));
  }
}
