import type { ExecutorKind } from "@sealwright/consensus";
import type { FaultName } from "../faults/fault.js";
import type { LiarName } from "../liars/liarKinds.js";
import { forkWorker } from "./forkWorker.js";
import type { SeedResult } from "./runSeed.js";
import type { SeedOrder } from "./seedWorker.js";

/** Which seeds to run, and in what world. */
export interface SeedsRequest {
  readonly seeds: readonly number[];
  readonly keepers: { readonly min: number; readonly max: number };
  readonly faults: readonly (FaultName | LiarName)[];
  readonly workers: number;
  readonly troubleMs?: number;
  /** `ledger` unless told. */
  readonly executor?: ExecutorKind;
  readonly keepTrace?: boolean;
  /** Whether violations are told with their smallest plan; true unless told. */
  readonly shrinks?: boolean;
  /** A rule that is broken on purpose in the worker processes, to see whether it is found. */
  readonly breakRule?: string | null;
  /** After this many violations no further seed is begun. */
  readonly violationsMax?: number;
  readonly onResult?: (result: SeedResult, done: number) => void;
}

/** Of all seeds together. `wallMs` is real time, `simulatedMs` that of the simulated worlds. */
export interface SimReport {
  readonly seeds: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly finalizedBlocks: number;
  readonly faultsInjected: Readonly<Record<string, number>>;
  readonly violations: readonly { readonly seed: number; readonly invariant: string; readonly story: string }[];
}

const VIOLATIONS_MAX = 100;

/** Runs seeds in worker processes, each seed in one; the sums do not depend on how they were spread. */
export async function runSeeds(request: SeedsRequest): Promise<SimReport> {
  const startedAtMs = performance.now();
  const open = [...request.seeds];
  const results: SeedResult[] = [];
  const violationsMax = request.violationsMax ?? VIOLATIONS_MAX;
  const next = (): SeedOrder | null => {
    const broken = results.filter(({ violation }) => violation !== null).length;
    const seed = broken >= violationsMax ? undefined : open.shift();
    if (seed === undefined) return null;
    const { keepers, faults, troubleMs, executor = "ledger" } = request;
    const plan = { seed, keepers, faults, executor, ...(troubleMs === undefined ? {} : { troubleMs }) };
    return { plan, options: { keepTrace: request.keepTrace === true, shrinks: request.shrinks !== false } };
  };
  const take = (result: SeedResult): void => {
    results.push(result);
    request.onResult?.(result, results.length);
  };
  const work = async (): Promise<void> => {
    const worker = forkWorker(new URL("./seedWorker.js", import.meta.url), request.breakRule ?? null);
    for (let order = next(); order !== null; order = next()) take(await worker.ask<SeedOrder, SeedResult>(order));
    await worker.end();
  };
  await Promise.all(Array.from({ length: Math.min(request.workers, request.seeds.length) }, work));
  return reportOf(results, Math.round(performance.now() - startedAtMs));
}

function reportOf(results: readonly SeedResult[], wallMs: number): SimReport {
  const faults = new Map<string, number>();
  const sum = (field: "steps" | "simulatedMs" | "finalizedBlocks"): number =>
    results.reduce((total, result) => total + result[field], 0);
  for (const result of results)
    for (const [name, count] of Object.entries(result.faults)) faults.set(name, (faults.get(name) ?? 0) + count);
  return {
    seeds: results.length,
    steps: sum("steps"),
    simulatedMs: sum("simulatedMs"),
    wallMs,
    finalizedBlocks: sum("finalizedBlocks"),
    faultsInjected: Object.fromEntries([...faults].sort(([a], [b]) => (a < b ? -1 : 1))),
    violations: results
      .flatMap(({ violation }) => (violation === null ? [] : [violation]))
      .sort((a, b) => a.seed - b.seed),
  };
}
