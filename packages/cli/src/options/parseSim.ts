import {
  FAULT_NAMES,
  type FaultName,
  findMutation,
  LIAR_NAMES,
  type LiarName,
  MUTATIONS,
  type Search,
} from "@sealwright/sim";
import { CliError } from "../cliError.js";
import { EXIT } from "../exitCodes.js";

export type SimFault = FaultName | LiarName;

/** How many keepers a simulated network has; drawn evenly. */
export interface KeeperRange {
  readonly min: number;
  readonly max: number;
}

const KEEPERS_MIN = 4;
const KEEPERS_MAX = 7;

/** @returns the range of `4` or `4..7` */
export function parseKeeperRange(text: string): KeeperRange {
  const match = /^([0-9]{1,3})(?:\.\.([0-9]{1,3}))?$/.exec(text);
  const min = Number(match?.[1]);
  const max = Number(match?.[2] ?? match?.[1]);
  if (match !== null && min >= KEEPERS_MIN && min <= max && max <= KEEPERS_MAX) return { min, max };
  throw new CliError(
    EXIT.usage,
    "badNodes",
    `--nodes is ${text}, allowed is a number or a range from ${KEEPERS_MIN} to ${KEEPERS_MAX}, such as 4..7`,
  );
}

/** @returns the kinds of faults of `all`, `none` or `crash,partition` */
export function parseFaults(text: string): readonly SimFault[] {
  const all: readonly SimFault[] = [...FAULT_NAMES, ...LIAR_NAMES];
  if (text === "all") return all;
  if (text === "none") return [];
  return text.split(",").map((name) => {
    const known = all.find((fault) => fault === name);
    if (known === undefined)
      throw new CliError(
        EXIT.usage,
        "badFaults",
        `--faults names ${name}, allowed is all, none, or some of ${all.join(", ")}, commas between`,
      );
    return known;
  });
}

/** @returns null when no rule is to be broken */
export function parseBrokenRule(rule: string | undefined): string | null {
  if (rule === undefined) return null;
  if (findMutation(rule) !== null) return rule;
  const allowed = MUTATIONS.map((mutation) => mutation.rule).join(", ");
  throw new CliError(EXIT.usage, "badRule", `--break is ${rule}, allowed is one of ${allowed}`);
}

/** @returns those of `known` that `all` or `terms,chain` names */
export function parseSearches(text: string, known: readonly Search[]): readonly Search[] {
  if (text === "all") return known;
  return text.split(",").map((name) => {
    const found = known.find((search) => search.name === name);
    if (found !== undefined) return found;
    const allowed = known.map((search) => search.name).join(", ");
    throw new CliError(
      EXIT.usage,
      "badSearch",
      `--search names ${name}, allowed is all, or some of ${allowed}, commas between`,
    );
  });
}
