import { forkWorker } from "../run/forkWorker.js";
import type { ClosingsReport } from "./closings.js";
import type { ExploreReport, FoundViolation, SearchEnd } from "./explore.js";
import type { Search } from "./searches.js";

/** One search: how large its worlds were, and how much of them it saw. */
export interface SearchBounds extends Search {
  /** Of the keepers. */
  readonly liars: number;
  readonly states: number;
  readonly endedBy: SearchEnd;
  /** Every state within the bounds was seen. */
  readonly complete: boolean;
  /** Null where a search tries none. */
  readonly closingsTried: ClosingsReport | null;
}

/** Of several searches together; `states` is their sum. */
export interface SearchesReport {
  readonly states: number;
  readonly bounds: readonly SearchBounds[];
  readonly wallMs: number;
  readonly violations: readonly FoundViolation[];
}

/** Which searches to run, in how many worker processes at once. */
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
    bounds: reports.map(boundsOf),
    wallMs: Math.round(performance.now() - startedAtMs),
    violations: reports.flatMap(({ violation }) => (violation === null ? [] : [violation])),
  };
}

function boundsOf({ search, liars, states, endedBy, closingsTried }: ExploreReport): SearchBounds {
  return { ...search, liars, states, endedBy, complete: endedBy === "complete", closingsTried };
}
