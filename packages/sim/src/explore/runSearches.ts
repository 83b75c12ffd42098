import { forkWorker } from "../run/forkWorker.js";
import type { ExploreReport } from "./explore.js";
import type { Search } from "./searches.js";

export interface SearchesReport {
  readonly states: number;
  readonly searches: readonly (Search & { readonly states: number; readonly complete: boolean })[];
  readonly wallMs: number;
  readonly violations: readonly { readonly invariant: string; readonly story: string }[];
}

export interface SearchesRequest {
  readonly searches: readonly Search[];
  readonly workers: number;
  /** A rule that is broken on purpose in the worker processes, to see whether it is found. */
  readonly breakRule?: string | null;
  readonly onDone?: (report: ExploreReport) => void;
}

/** Runs searches in worker processes, each search in one. */
export async function runSearches(request: SearchesRequest): Promise<SearchesReport> {
  const startedAtMs = performance.now();
  const open = [...request.searches.entries()];
  const reports: ExploreReport[] = [];
  const work = async (): Promise<void> => {
    const worker = forkWorker(new URL("./exploreWorker.js", import.meta.url), request.breakRule ?? null);
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const report = await worker.ask<Search, ExploreReport>(next[1]);
      reports[next[0]] = report;
      request.onDone?.(report);
    }
    await worker.end();
  };
  await Promise.all(Array.from({ length: Math.min(request.workers, request.searches.length) }, work));
  return {
    states: reports.reduce((sum, { states }) => sum + states, 0),
    searches: reports.map(({ search, states, complete }) => ({ ...search, states, complete })),
    wallMs: Math.round(performance.now() - startedAtMs),
    violations: reports.flatMap(({ violations }) => violations),
  };
}
