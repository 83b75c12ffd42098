import type { LoadCounts } from "../load/loadPlan.js";
import type { FaultReport } from "../report/faultReports.js";
import type { Quantiles } from "../load/quantiles.js";

/** Those that run whole networks; docs/benchmarks.md says what each measures. */
export const BENCHMARKS = ["w1", "w2", "w3", "w5", "w6", "idle"] as const;
/** One of `BENCHMARKS`. */
export type BenchmarkName = (typeof BENCHMARKS)[number];

/** What a figure means nothing without. */
export interface Circumstances {
  /** Null outside a git checkout; with "+" when files differ from it. */
  readonly commit: string | null;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly system: string;
    readonly node: string;
  };
  readonly startedAt: string;
}

/** One rate held for one window. */
export interface LoadStep {
  readonly offeredPerS: number;
  readonly finalPerS: number;
  /** Of the messages scheduled in the window, how many became final at all. */
  readonly finalShare: number;
  readonly finalityMs: Quantiles;
  /** 95 % final, p99 at most one second, nothing lost. */
  readonly isSustained: boolean;
  readonly messages: LoadCounts;
  readonly rejections: Readonly<Record<string, number>>;
  /** Of all keepers together, for each 1,000 final messages. */
  readonly cpuSPer1000: number;
  /** Final blocks of all threads, from the step's first message to its last word. */
  readonly blocks: number;
  /** Of all keepers together, for each of these blocks with all that is in it. */
  readonly cpuMsPerBlock: number;
  /** Of the generator itself: included in all latencies. */
  readonly sendDelayP99Ms: number;
  readonly eventLoopDelayP99Ms: readonly number[];
}

/** A load that rises step by step until the network falls behind. */
export interface LoadBenchRun {
  readonly steps: readonly LoadStep[];
  /** The highest rate sustained; null when none was. */
  readonly kneePerS: number | null;
  readonly nodesAgree: boolean;
  readonly violations: readonly string[];
  readonly peakRssMb: readonly number[];
}

/** A fixed load while keepers are killed, stopped and cut off. */
export interface FaultBenchRun {
  readonly offeredPerS: number;
  readonly finalPerS: number;
  readonly finalityMs: Quantiles;
  readonly messages: LoadCounts;
  readonly faults: readonly FaultReport[];
  readonly nodesAgree: boolean;
  readonly violations: readonly string[];
  readonly peakRssMb: readonly number[];
}

/** A network without messages: how even its ticks are, and what it costs. */
export interface IdleBenchRun {
  readonly blocks: number;
  readonly intervalMs: Quantiles;
  /** Distance of each interval from the tick. */
  readonly jitterMs: Quantiles;
  /** Intervals over one and a half ticks. */
  readonly missed: number;
  readonly peakRssMb: readonly number[];
  /** Of all keepers together, for each minute. */
  readonly cpuSPerMinute: number;
}

/** The engine of contracts in one process, without consensus. */
export interface EngineFigures {
  /** Blocks built in a worker thread as a keeper builds them, against the machine called in a loop. */
  readonly shares: readonly EngineShare[];
  /** Transactions a second of one thread, and of two at once. */
  readonly threads: { readonly onePerS: number; readonly twoPerS: number; readonly ratio: number };
  readonly memory: TvmMemory;
}

export interface EngineShare {
  readonly work: string;
  readonly barePerS: number;
  readonly enginePerS: number;
  /** The second of the first. */
  readonly share: number;
}

export interface TvmMemory {
  readonly transactions: number;
  readonly firstHalfPeakMb: number;
  readonly secondHalfPeakMb: number;
}

/** Ticks of a keeper that is offered more contract work than it can do. */
export interface BusyTicks {
  readonly offeredPerS: number;
  readonly finalPerS: number;
  readonly blocks: number;
  /** How much longer than a tick the way from one block to the next took: zero where it was shorter. */
  readonly lateMs: Quantiles;
  /** Over one and a half ticks. */
  readonly missed: number;
}

export interface TvmBenchRun {
  readonly engine: EngineFigures;
  readonly ticks: BusyTicks;
}

/** What `sealwright bench` writes: figures, and all that they depend on. */
export interface BenchResult extends Circumstances {
  readonly sealwright: string;
  readonly benchmark: BenchmarkName;
  readonly quick: boolean;
  /** What the protocol wants on disk is flushed before it is told. */
  readonly durable: true;
  readonly nodes: number;
  readonly threads: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly runs: readonly LoadBenchRun[] | readonly FaultBenchRun[] | readonly IdleBenchRun[];
  /** Of contracts only. */
  readonly contracts?: TvmBenchRun;
}
