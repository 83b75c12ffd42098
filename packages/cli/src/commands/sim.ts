import { availableParallelism } from "node:os";
import type { ExecutorKind } from "@sealwright/consensus";
import { runSeeds, type SeedResult, type SimReport } from "@sealwright/sim";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { parseBrokenRule, parseFaults, parseKeeperRange } from "../options/parseSim.js";
import { Output } from "../output/output.js";
import { tableLines } from "../output/table.js";

export interface SimCommandOptions {
  readonly seeds: number;
  readonly seedBase: number;
  readonly seed?: number;
  readonly nodes: string;
  readonly faults: string;
  readonly executor: ExecutorKind;
  readonly trace?: boolean;
  readonly break?: string;
  readonly json?: boolean;
}

const PROGRESS_EVERY = 25;

/** Runs whole networks from seeds, with faults, and looks for broken invariants. */
export async function runSim(options: SimCommandOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const seeds =
    options.seed === undefined ? Array.from({ length: options.seeds }, (_, i) => options.seedBase + i) : [options.seed];
  const report = await runSeeds({
    seeds,
    keepers: parseKeeperRange(options.nodes),
    faults: parseFaults(options.faults),
    executor: options.executor,
    workers: availableParallelism(),
    keepTrace: options.trace === true,
    breakRule: parseBrokenRule(options.break),
    onResult: (result, done) => tell(result, done, seeds.length, out),
  });
  const violations = report.violations.map((found) => ({ ...found, again: commandFor(found.seed, options) }));
  out.json({ ...report, violations });
  for (const line of summary(report)) out.text(line);
  for (const { seed, again, story } of violations)
    for (const line of ["", `seed ${seed} (again: ${again})`, story]) out.text(line);
  return report.violations.length === 0 ? EXIT.ok : EXIT.failed;
}

function tell(result: SeedResult, done: number, of: number, out: Output): void {
  for (const line of result.trace) out.aside(line);
  if (result.violation !== null) out.note(`seed ${result.seed} breaks ${result.violation.invariant}`);
  else if (done % PROGRESS_EVERY === 0) out.note(`${done} of ${of} seeds`);
}

/** The command line that runs the seed again: what it meets depends on all of these. */
function commandFor(seed: number, { nodes, faults, executor, ...options }: SimCommandOptions): string {
  const broken = options.break === undefined ? "" : ` --break ${options.break}`;
  return `npx sealwright sim --seed ${seed} --nodes ${nodes} --faults ${faults} --executor ${executor}${broken} --trace`;
}

function summary(report: SimReport): string[] {
  const { seeds, steps, simulatedMs, wallMs, finalizedBlocks, faultsInjected, violations } = report;
  const faults = Object.entries(faultsInjected).map(([name, count]) => `${count} ${name}`);
  const rows = [
    ["seeds", String(seeds)],
    ["steps", String(steps)],
    ["simulated", `${(simulatedMs / 1_000).toFixed(1)} s in ${(wallMs / 1_000).toFixed(1)} s`],
    ["final blocks", String(finalizedBlocks)],
    ["faults", faults.length === 0 ? "none" : faults.join(", ")],
    ["violations", String(violations.length)],
  ];
  return tableLines(rows);
}
