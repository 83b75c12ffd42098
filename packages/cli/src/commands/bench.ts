import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type BenchmarkName,
  type BenchResult,
  type FaultBenchRun,
  type IdleBenchRun,
  type LoadBenchRun,
  type LoadStep,
  runBench,
} from "@sealwright/devnet";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { nodeCommand } from "../nodeCommand.js";
import { Output } from "../output/output.js";
import { tableLines } from "../output/table.js";

export interface BenchCommandOptions {
  readonly quick?: boolean;
  readonly nodes: number;
  readonly threads: number;
  readonly rates?: readonly number[];
  readonly signThreads: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** Measures, prints a table, writes the result. Exits with 1 when the nodes ended up with different chains. */
export async function runBenchCommand(benchmark: BenchmarkName, options: BenchCommandOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  out.note(
    `${benchmark}${options.quick === true ? ", quick" : ""}: ${options.nodes} keepers, ${options.threads} threads, durable, generator on the same machine`,
  );
  const result = await runBench({
    benchmark,
    quick: options.quick === true,
    nodes: options.nodes,
    threads: options.threads,
    nodeCommand: nodeCommand(),
    ...(options.rates === undefined ? {} : { ratesPerS: options.rates }),
    onStep: (step) =>
      out.note(
        `  ${step.offeredPerS}/s: ${step.finalPerS}/s final, p50 ${step.finalityMs.p50} ms, p99 ${step.finalityMs.p99} ms`,
      ),
  });
  out.json(result);
  for (const line of linesOf(result)) out.text(line);
  const path = options.out ?? `.sealwright/bench/${benchmark}.json`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
  out.text(`  written to ${path}`);
  return result.runs.every((run) => !("nodesAgree" in run) || (run.nodesAgree && run.violations.length === 0))
    ? EXIT.ok
    : EXIT.failed;
}

export function aboutLine({ machine, commit }: Pick<BenchResult, "machine" | "commit">): string {
  return `  ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}, commit ${commit ?? "unknown"}`;
}

function linesOf(result: BenchResult): string[] {
  const runs = result.runs.flatMap((run, i) => {
    const title = result.runs.length === 1 ? [] : [`  run ${i + 1} of ${result.runs.length}`];
    return [...title, ...runLines(run)];
  });
  const contracts = result.contracts === undefined ? [] : contractLines(result.contracts);
  return ["", ...contracts, ...runs, aboutLine(result)];
}

function contractLines({ engine, ticks }: NonNullable<BenchResult["contracts"]>): string[] {
  const { shares, threads, memory } = engine;
  const rows = shares.map(({ work, barePerS, enginePerS, share }) => [
    work,
    String(barePerS),
    String(enginePerS),
    `${(share * 100).toFixed(1)} %`,
  ]);
  return [
    ...tableLines([["transactions/s", "machine alone", "in blocks", "share"], ...rows]),
    `  two threads ${threads.twoPerS}/s, one ${threads.onePerS}/s: ${threads.ratio} times`,
    `  memory over ${memory.transactions} transactions: up to ${memory.firstHalfPeakMb} MB, then ${memory.secondHalfPeakMb} MB`,
    `  one keeper, offered ${ticks.offeredPerS}/s: ${ticks.finalPerS}/s final, ${ticks.blocks} blocks, late by p50 ${ticks.lateMs.p50} ms, p99 ${ticks.lateMs.p99} ms, max ${ticks.lateMs.max} ms, ${ticks.missed} missed`,
    "",
  ];
}

function runLines(run: BenchResult["runs"][number]): string[] {
  if ("steps" in run) return loadLines(run);
  return "faults" in run ? faultLines(run) : idleLines(run);
}

function faultLines(run: FaultBenchRun): string[] {
  const rows = run.faults.map(({ at, action, target, blipMs, hangoverMs, failure }) => [
    at,
    `${action} ${target ?? ""}`,
    String(blipMs),
    String(hangoverMs ?? "-"),
    failure ?? "",
  ]);
  const { p50, p99 } = run.finalityMs;
  return [
    ...tableLines([["at", "fault", "blip ms", "hangover ms", ""], ...rows]),
    `  ${run.finalPerS} of ${run.offeredPerS}/s final, p50 ${p50} ms, p99 ${p99} ms, ${run.messages.lost + run.messages.unsettled} lost; the nodes ${run.nodesAgree ? "agree" : "DO NOT agree"}`,
    ...run.violations.map((violation) => `  violated: ${violation}`),
  ];
}

function loadLines(run: LoadBenchRun): string[] {
  const head = [
    "offered/s",
    "final/s",
    "share",
    "p50 ms",
    "p90 ms",
    "p99 ms",
    "max ms",
    "CPU s/1000",
    "CPU ms/block",
    "loop p99 ms",
    "",
  ];
  const knee = run.kneePerS === null ? "none of these rates is sustained" : `sustained up to ${run.kneePerS}/s`;
  const memory = `peak memory ${run.peakRssMb.map((mb) => Math.round(mb)).join(", ")} MB`;
  const problems = run.violations.map((violation) => `  violated: ${violation}`);
  return [
    ...tableLines([head, ...run.steps.map(rowOf)]),
    `  ${knee}; the nodes ${run.nodesAgree ? "agree" : "DO NOT agree"}; ${memory}`,
    ...problems,
  ];
}

function rowOf(step: LoadStep): string[] {
  const { p50, p90, p99, max } = step.finalityMs;
  const loop = Math.max(...step.eventLoopDelayP99Ms);
  const numbers = [
    step.offeredPerS,
    step.finalPerS,
    `${(step.finalShare * 100).toFixed(1)} %`,
    p50,
    p90,
    p99,
    max,
    step.cpuSPer1000,
    step.cpuMsPerBlock,
    loop,
  ];
  return [...numbers.map(String), step.isSustained ? "" : "not sustained"];
}

function idleLines(run: IdleBenchRun): string[] {
  const rows = [
    ["", "p50 ms", "p90 ms", "p99 ms", "max ms"],
    ["interval", ...Object.values(run.intervalMs).map(String)],
    ["jitter", ...Object.values(run.jitterMs).map(String)],
  ];
  const memory = run.peakRssMb.map((mb) => Math.round(mb)).join(", ");
  return [
    ...tableLines(rows),
    `  ${run.blocks} blocks, ${run.missed} missed; ${run.cpuSPerMinute} s CPU a minute; peak memory ${memory} MB`,
  ];
}
