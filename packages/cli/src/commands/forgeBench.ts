import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type ForgeBenchResult, type ForgeBurst, runForgeBench } from "@sealwright/devnet";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { Output } from "../output/output.js";
import { tableLines } from "../output/table.js";
import { aboutLine, type BenchCommandOptions } from "./bench.js";

/** Measures the forge, prints a table, writes the result. */
export async function runForgeBenchCommand(options: BenchCommandOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const { signThreads, quick = false } = options;
  out.note(`w7${quick ? ", quick" : ""}: durable marks in a file, ${signThreads} threads that sign`);
  const result = await runForgeBench({
    quick,
    signThreads,
    onBurst: (burst) => out.note(`  ${nameOf(burst)}: ${burst.signaturesPerS}/s, p99 ${burst.latencyMs.p99} ms`),
  });
  out.json(result);
  for (const line of linesOf(result)) out.text(line);
  const path = options.out ?? ".sealwright/bench/w7.json";
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
  out.text(`  written to ${path}`);
  return EXIT.ok;
}

function linesOf(result: ForgeBenchResult): string[] {
  const head = ["all at once", "signatures/s", "signer alone/s", "of it", "p50 ms", "p99 ms", "signer alone p99 ms"];
  const bursts = result.bursts.map((burst) => [
    nameOf(burst),
    String(burst.signaturesPerS),
    String(burst.barePerS),
    `${(burst.ofBare * 100).toFixed(1)} %`,
    String(burst.latencyMs.p50),
    String(burst.latencyMs.p99),
    String(burst.bareLatencyMs.p99),
  ]);
  const paces = result.paces.map(({ keys, offeredPerS, latencyMs: { p50, p99, max } }) => [
    `${keys} BLS keys, ${offeredPerS}/s`,
    String(p50),
    String(p99),
    String(max),
  ]);
  return [
    "",
    ...tableLines([head, ...bursts]),
    "",
    ...tableLines([["at a steady pace", "p50 ms", "p99 ms", "max ms"], ...paces]),
    `  queue, claim and outcome of one request, without signer and disk: ${result.queueOverheadUs} µs`,
    aboutLine(result),
  ];
}

function nameOf({ scheme, keys, perKey }: ForgeBurst): string {
  const each = perKey === 1 ? "" : `, ${perKey} requests each`;
  return `${keys} ${scheme === "bls" ? "BLS" : "Ed25519"} key${keys === 1 ? "" : "s"}${each}`;
}
