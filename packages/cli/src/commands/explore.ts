import { availableParallelism } from "node:os";
import { DEEP_SEARCHES, runSearches, type SearchesReport, SMALL_SEARCHES } from "@sealwright/sim";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { parseBrokenRule } from "../options/parseSim.js";
import { Output } from "../output/output.js";
import { tableLines } from "../output/table.js";

export interface ExploreCommandOptions {
  readonly deep?: boolean;
  readonly break?: string;
  readonly json?: boolean;
}

/** Searches everything that can happen in small worlds with the real rules. */
export async function runExplore(options: ExploreCommandOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const report = await runSearches({
    searches: options.deep === true ? DEEP_SEARCHES : SMALL_SEARCHES,
    workers: availableParallelism(),
    breakRule: parseBrokenRule(options.break),
    onDone: ({ search, states }) => out.note(`${search.name}: ${states} states`),
  });
  out.json(report);
  for (const line of summary(report)) out.text(line);
  return report.violations.length === 0 ? EXIT.ok : EXIT.failed;
}

function summary({ searches, states, wallMs, violations }: SearchesReport): string[] {
  const rows = searches.map((each) => [
    each.name,
    `${each.keepers} keepers, ${each.blocks} blocks, ${each.terms} terms, ${each.crashes} crashes each`,
    `${each.states} states${each.complete ? ", complete" : ", ended by its bound"}`,
  ]);
  const total = ["all", "", `${states} states in ${(wallMs / 1_000).toFixed(1)} s, ${violations.length} violations`];
  return [...tableLines([...rows, total]), ...violations.flatMap(({ invariant, story }) => ["", invariant, story])];
}
