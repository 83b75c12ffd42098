import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testTitlesIn } from "./testTitles.js";

/** A place that the map names. */
export type NamedPlace =
  | { readonly type: "export"; readonly file: string; readonly name: string }
  | { readonly type: "test"; readonly file: string; readonly sentence: string };

/** What became of one entry of a numbered list. */
export interface VerdictRow {
  readonly id: string;
  readonly verdict: string;
  readonly how: string;
}

const EXPORT = /`([\w./-]+\.ts)#([\w.]+)`/g;
const TEST = /`([\w./-]+\.ts)` › "([^"]+)"/g;

export function placesIn(text: string): readonly NamedPlace[] {
  return [
    ...[...text.matchAll(EXPORT)].map(([, file, name]) => ({ type: "export", file: file!, name: name! }) as const),
    ...[...text.matchAll(TEST)].map(
      ([, file, sentence]) => ({ type: "test", file: file!, sentence: sentence! }) as const,
    ),
  ];
}

/** A part with all below it, by its heading of the second level; empty when there is none. */
export function partOf(text: string, heading: string): string {
  const [, ...parts] = `\n${text}`.split("\n## ");
  return parts.find((part) => part.startsWith(`${heading}\n`)) ?? "";
}

/** What the rows of all tables of a part are about, in order: the names in their first cells, or those as they are. */
export function namesIn(text: string): readonly string[] {
  return rowsOf(text).flatMap(([first = ""]) => {
    const names = [...first.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    if (names.length > 0) return names;
    return first === "Reference" || /^-+$/.test(first) ? [] : [first];
  });
}

/** @param id what the first cell of such a row looks like */
export function verdictsIn(text: string, id: RegExp): readonly VerdictRow[] {
  return rowsOf(text)
    .filter(([first = ""]) => id.test(first))
    .map(([first = "", , verdict = "", how = ""]) => ({ id: first, verdict, how }));
}

const VERDICTS = ["solved", "not applicable", "later"];

/** @returns what is wrong with a verdict, or null: solved needs a test, everything else its reason */
export function flawOfVerdict({ id, verdict, how }: VerdictRow): string | null {
  if (!VERDICTS.includes(verdict)) return `${id} has the verdict "${verdict}"`;
  if (how === "") return `${id} does not say how`;
  const isTested = placesIn(how).some(({ type }) => type === "test");
  return verdict === "solved" && !isTested ? `${id} is solved, and no test shows it` : null;
}

/** @returns what is wrong with a place, or null */
export function flawOf(place: NamedPlace, root: string): string | null {
  const path = [place.file, `packages/${place.file}`].map((one) => join(root, one)).find((one) => existsSync(one));
  if (path === undefined) return `${place.file} is gone`;
  const source = readFileSync(path, "utf8");
  if (place.type === "test") {
    const isThere = titlesIn(path, source).has(normalized(place.sentence));
    return isThere ? null : `${place.file} has no test "${place.sentence}"`;
  }
  const [name, member] = place.name.split(".");
  const exported = new RegExp(`^export (abstract |async )?(class|function|const|type|interface) ${name}\\b`, "m");
  if (!exported.test(source)) return `${place.file} exports no ${name}`;
  if (member === undefined || new RegExp(`^ {2}(async |readonly )?${member}\\b`, "m").test(source)) return null;
  return `${name} in ${place.file} has no ${member}`;
}

const titlesOfFile = new Map<string, ReadonlySet<string>>();

/** A file is read once, however often it is named. */
function titlesIn(path: string, source: string): ReadonlySet<string> {
  const known = titlesOfFile.get(path);
  if (known !== undefined) return known;
  const titles = new Set(testTitlesIn(path, source).map(normalized));
  titlesOfFile.set(path, titles);
  return titles;
}

/** Sentences stand in a table with escapes of their own. */
function normalized(text: string): string {
  return text.replace(/\\/g, "").replace(/\s+/g, " ");
}

function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf("|"))
        .split("|")
        .map((cell) => cell.trim()),
    );
}
