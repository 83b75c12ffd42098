import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FaultName } from "../faults/fault.js";
import type { LiarName } from "../liars/liarKinds.js";
import type { SeedResult } from "./runSeed.js";
import type { SeedOrder } from "./seedWorker.js";

export interface SeedsRequest {
  readonly seeds: readonly number[];
  readonly keepers: { readonly min: number; readonly max: number };
  readonly faults: readonly (FaultName | LiarName)[];
  readonly workers: number;
  readonly troubleMs?: number;
  readonly keepTrace?: boolean;
  /** Node options of the worker processes. */
  readonly execArgv?: readonly string[];
  /** After this many violations no further seed is begun. */
  readonly violationsMax?: number;
  readonly onResult?: (result: SeedResult, done: number) => void;
}

export interface SimReport {
  readonly seeds: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly finalizedBlocks: number;
  readonly faultsInjected: Readonly<Record<string, number>>;
  readonly violations: readonly { readonly seed: number; readonly invariant: string; readonly story: string }[];
}

/** Short-lived objects are most of what a simulation makes: a larger nursery halves the work of the collector. */
const WORKER_FLAGS = ["--max-semi-space-size=64"];
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
    const { keepers, faults, troubleMs } = request;
    const plan = { seed, keepers, faults, ...(troubleMs === undefined ? {} : { troubleMs }) };
    return { plan, keepTrace: request.keepTrace === true };
  };
  const take = (result: SeedResult): void => {
    results.push(result);
    request.onResult?.(result, results.length);
  };
  const workers = Math.max(1, Math.min(request.workers, request.seeds.length));
  await Promise.all(Array.from({ length: workers }, () => work(startWorker(request.execArgv ?? []), next, take)));
  return reportOf(results, Math.round(performance.now() - startedAtMs));
}

/** One worker process at work until nothing is left; a worker that dies is a failure of the whole run. */
function work(worker: ChildProcess, next: () => SeedOrder | null, take: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveNext = (): void => {
      const order = next();
      if (order === null) worker.disconnect();
      else worker.send(order);
    };
    worker.on("message", (result: SeedResult) => {
      take(result);
      giveNext();
    });
    worker.on("error", reject);
    worker.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else
        reject(new Error(`a worker of the simulator ended with ${signal ?? `code ${code}`}; its last words are above`));
    });
    giveNext();
  });
}

function startWorker(execArgv: readonly string[]): ChildProcess {
  return fork(compiled("./seedWorker.js"), {
    execArgv: [...WORKER_FLAGS, ...execArgv],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
}

/** A worker cannot run TypeScript, so code that runs from src/ (test runners) takes the worker from dist/. */
function compiled(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url.replace("/src/", "/dist/")));
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
