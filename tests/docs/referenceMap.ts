import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

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

/** First cells of all tables of a section, without their marks. */
export function namesIn(text: string): readonly string[] {
  return rowsOf(text).flatMap(([first = ""]) => [first, ...[...first.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)]);
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
    const isThere = normalized(source).includes(normalized(place.sentence));
    return isThere ? null : `${place.file} has no test "${place.sentence}"`;
  }
  const [name, member] = place.name.split(".");
  const exported = new RegExp(`^export (abstract |async )?(class|function|const|type|interface) ${name}\\b`, "m");
  if (!exported.test(source)) return `${place.file} exports no ${name}`;
  if (member === undefined || new RegExp(`^ {2}(async |readonly )?${member}\\b`, "m").test(source)) return null;
  return `${name} in ${place.file} has no ${member}`;
}

/** Sentences stand in code with line breaks and escapes of their own. */
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
