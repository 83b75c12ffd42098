import { availableParallelism } from "node:os";
import {
  type ClosingsReport,
  DEEP_SEARCHES,
  type FoundViolation,
  runSearches,
  type Search,
  type SearchBounds,
  type SearchesReport,
  type SearchEnd,
  SMALL_SEARCHES,
} from "@sealwright/sim";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { parseBrokenRule, parseSearches } from "../options/parseSim.js";
import { Output } from "../output/output.js";
import { tableLines } from "../output/table.js";

export interface ExploreCommandOptions {
  readonly deep?: boolean;
  readonly search: string;
  readonly states?: number;
  readonly break?: string;
  readonly json?: boolean;
}

/** Searches everything that can happen in small worlds with the real rules. */
export async function runExplore(options: ExploreCommandOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const report = await runSearches({
    searches: searchesOf(options),
    workers: availableParallelism(),
    breakRule: parseBrokenRule(options.break),
    onDone: ({ search, states }) => out.note(`${search.name}: ${states} states`),
  });
  const violations = report.violations.map((found) => ({ ...found, again: commandFor(found, options) }));
  out.json({ ...report, violations });
  for (const line of summary(report)) out.text(line);
  for (const { search, invariant, again, story } of violations)
    for (const line of ["", `search "${search}" breaks ${invariant} (again: ${again})`, story]) out.text(line);
  return violations.length === 0 ? EXIT.ok : EXIT.failed;
}

function searchesOf({ search, deep, states = Infinity }: ExploreCommandOptions): Search[] {
  const known = deep === true ? DEEP_SEARCHES : SMALL_SEARCHES;
  return parseSearches(search, known).map((one) => ({ ...one, statesMax: Math.min(one.statesMax, states) }));
}

/** The command line that finds it again. */
function commandFor({ search }: FoundViolation, options: ExploreCommandOptions): string {
  const deep = options.deep === true ? " --deep" : "";
  const broken = options.break === undefined ? "" : ` --break ${options.break}`;
  const name = search.includes(" ") ? `"${search}"` : search;
  const states = options.states === undefined ? "" : ` --states ${options.states}`;
  return `npx sealwright explore --search ${name}${states}${deep}${broken}`;
}

const ENDED_BY = {
  complete: "complete",
  bound: "ended by its bound",
  violation: "ended by a violation",
} as const satisfies Record<SearchEnd, string>;

function summary({ bounds, states, wallMs, violations }: SearchesReport): string[] {
  const total = [
    "all",
    "",
    `${states} states in ${(wallMs / 1_000).toFixed(1)} s, ${violations.length} violations`,
    "",
  ];
  return tableLines([...bounds.map(rowOf), total]);
}

function rowOf(bounds: SearchBounds): string[] {
  const { name, keepers, liars, blocks, height, terms, crashes, states, endedBy, closingsTried } = bounds;
  return [
    name,
    `${keepers} keepers (${liars} lying), ${blocks} blocks, height ${height}, ${terms} terms, ${crashes} crashes each`,
    `${states} states, ${ENDED_BY[endedBy]}`,
    closingsText(closingsTried),
  ];
}

function closingsText(tried: ClosingsReport | null): string {
  return tried === null ? "" : `lives on from ${tried.states} of them (${tried.runs} runs)`;
}
