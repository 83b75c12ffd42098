import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_SETTINGS } from "@sealwright/consensus";
import { SOFTWARE_VERSION } from "@sealwright/node";
import { assertNever } from "@sealwright/types";
import { createDevnet, type Devnet } from "../network/devnet.js";
import type { BenchmarkName, BenchResult, LoadStep, TvmBenchRun } from "./benchResult.js";
import { circumstances } from "./circumstances.js";
import { runFaultBench } from "./faultBench.js";
import { runIdleBench } from "./idleBench.js";
import { runLoadBench } from "./loadBench.js";
import { runBusyTicks } from "./tvm/busyTicks.js";
import { runEngineBench } from "./tvm/engineBench.js";

/** Which benchmark to run, and on what network. */
export interface BenchOptions {
  readonly benchmark: BenchmarkName;
  /** One run with windows of 20 s, for a first look. */
  readonly quick: boolean;
  readonly nodes: number;
  readonly threads: number;
  readonly nodeCommand: readonly string[];
  /** Instead of the benchmark's own, messages per second. */
  readonly ratesPerS?: readonly number[];
  readonly onStep: (step: LoadStep) => void;
}

const RUNS = { quick: 1, full: 5 } as const;
const WARM_UP_MS = 10_000;
const WINDOW_MS = { quick: 20_000, full: 60_000 } as const;
/** 10,000 ticks of each of two threads would be an hour: 10,000 of both together. */
const IDLE_WINDOW_MS = { quick: 30_000, full: 28 * 60_000 } as const;
const ACCOUNTS = 10_000;
const TRANSFERS: ReadonlySet<BenchmarkName> = new Set(["w2", "w3", "w5"]);
const IDLE_ACCOUNTS = 10;
const STORE_PAYLOAD_BYTES = 512;
const W3_RATE_PER_S = 1_000;
/** Half of what two cores are to sustain; with --rates, half of what they do. */
const W5_RATE_PER_S = 1_500;
const RAMP_PER_S = {
  w1: { quick: [2_000, 4_000, 6_000, 8_000, 10_000, 13_000] },
  w2: { quick: [1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000] },
  w6: { quick: [25, 50, 75, 100, 150, 200] },
} as const;
/** More than one keeper executes. */
const BUSY_RATE_PER_S = 500;
const RAMP_FACTOR = 1.25;
const RAMP_START_PER_S = { w1: 1_000, w2: 1_000, w6: 25 } as const;
const RAMP_STEPS_MAX = 20;

/** Runs one benchmark, each run on a fresh network in a temporary folder. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const mode = options.quick ? "quick" : "full";
  const isIdle = options.benchmark === "idle";
  const about = circumstances();
  const contracts = options.benchmark === "w6" ? await runContracts(options) : null;
  const runs: BenchResult["runs"][number][] = [];
  for (let run = 0; run < RUNS[mode]; run++)
    runs.push(await onFreshDevnet(options, (devnet) => runOnce(devnet, options)));
  return {
    sealwright: SOFTWARE_VERSION,
    benchmark: options.benchmark,
    quick: options.quick,
    durable: true,
    nodes: options.nodes,
    threads: options.threads,
    warmUpMs: WARM_UP_MS,
    windowMs: isIdle ? IDLE_WINDOW_MS[mode] : WINDOW_MS[mode],
    ...about,
    runs: runs as BenchResult["runs"],
    ...(contracts === null ? {} : { contracts }),
  };
}

/** What does not depend on how many keepers there are: a single one, and its engine by itself. */
async function runContracts(options: BenchOptions): Promise<TvmBenchRun> {
  const engine = await runEngineBench();
  const ticks = await onFreshDevnet({ ...options, nodes: 1, threads: 1 }, (devnet) =>
    runBusyTicks(devnet, {
      tickMs: DEFAULT_SETTINGS.productionTimeoutMs,
      ratePerS: BUSY_RATE_PER_S,
      warmUpMs: WARM_UP_MS,
      windowMs: WINDOW_MS.quick,
    }),
  );
  return { engine, ticks };
}

async function onFreshDevnet<T>(options: BenchOptions, work: (devnet: Devnet) => Promise<T>): Promise<T> {
  const parent = await mkdtemp(join(tmpdir(), "sealwright-bench-"));
  try {
    await using devnet = await createDevnet({
      nodes: options.nodes,
      threads: options.threads,
      executor: options.benchmark === "w6" ? "tvm" : "ledger",
      accounts: TRANSFERS.has(options.benchmark) ? ACCOUNTS : IDLE_ACCOUNTS,
      dataDir: join(parent, "devnet"),
      nodeCommand: options.nodeCommand,
      ports: { api: 0, keeper: 0 },
    });
    return await work(devnet);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

function runOnce(
  devnet: Devnet,
  { benchmark, quick, ratesPerS, onStep }: BenchOptions,
): Promise<BenchResult["runs"][number]> {
  const mode = quick ? "quick" : "full";
  const times = { warmUpMs: WARM_UP_MS, windowMs: WINDOW_MS[mode], onStep };
  switch (benchmark) {
    case "w1": {
      const work = { type: "store", payloadBytes: STORE_PAYLOAD_BYTES } as const;
      return runLoadBench(devnet, { work, burstMs: 50, ratesPerS: ratesPerS ?? rampOf("w1", quick), ...times });
    }
    case "w2":
      return runLoadBench(devnet, {
        work: { type: "transfers" },
        burstMs: 20,
        ratesPerS: ratesPerS ?? rampOf("w2", quick),
        ...times,
      });
    case "w6":
      return runLoadBench(devnet, {
        work: { type: "transfers" },
        burstMs: 20,
        ratesPerS: ratesPerS ?? rampOf("w6", quick),
        ...times,
      });
    case "w3":
      return runLoadBench(devnet, {
        work: { type: "transfers" },
        burstMs: 20,
        ratesPerS: ratesPerS ?? [W3_RATE_PER_S],
        ...times,
      });
    case "w5":
      return runFaultBench(devnet, { ratePerS: ratesPerS?.[0] ?? W5_RATE_PER_S, warmUpMs: WARM_UP_MS });
    case "idle": {
      const tickMs = DEFAULT_SETTINGS.productionTimeoutMs;
      return runIdleBench(devnet, { tickMs, warmUpMs: WARM_UP_MS, windowMs: IDLE_WINDOW_MS[mode] });
    }
    default:
      return assertNever(benchmark);
  }
}

/** Coarse steps for a quick look; else a quarter more each time. */
function rampOf(benchmark: "w1" | "w2" | "w6", quick: boolean): readonly number[] {
  if (quick) return RAMP_PER_S[benchmark].quick;
  return Array.from({ length: RAMP_STEPS_MAX }, (_, i) => Math.round(RAMP_START_PER_S[benchmark] * RAMP_FACTOR ** i));
}
