import { checkText } from "@sealwright/tezos";
import { err, ok, type Result } from "@sealwright/types";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseTezosKeyHash, type TezosKeyHash } from "../../keyId.js";
import type { MarkRecord } from "../marks.js";
import {
  applyTezos,
  NO_TEZOS_MARKS,
  recordsOfTezos,
  type TezosMarkKind,
  type TezosMarks,
  type TezosRecord,
} from "../tezosMarks.js";
import type { StoreFailure, WatermarkStore } from "../watermarkStore.js";
import {
  type BadImport,
  i31At,
  type ImportedMarks,
  ImportProblem,
  listAt,
  objectAt,
  parseImport,
  textAt,
} from "./imported.js";
import { replaceFile } from "./replaceFile.js";

const SECTIONS = [
  ["blocks", "block"],
  ["preattestations", "preattestation"],
  ["attestations", "attestation"],
] as const satisfies readonly (readonly [string, TezosMarkKind])[];

/** What bakers of before called two of the sections. */
const OLDER_NAMES: ReadonlyMap<string, TezosMarkKind> = new Map([
  ["preendorsements", "preattestation"],
  ["endorsements", "attestation"],
]);

const CHAIN_CHARS_IN_NAME = 13;

/** Is it written as Tezos writes a chain's id (`Net…`)? */
export function isTezosChainId(text: string): boolean {
  return checkText("chainId", text).ok;
}

/** Where an Octez baker keeps its marks of a chain, below its base directory. */
export function octezMarksPath(baseDirectory: string, chainId: string): string {
  return join(baseDirectory, `${chainId.slice(0, CHAIN_CHARS_IN_NAME)}_highwatermarks`);
}

/** Reads the content of a baker's `…_highwatermarks`. A delegate that stands twice counts with its last entry, as there. */
export function parseOctezMarks(text: string, chainId: string): Result<readonly ImportedMarks[], BadImport> {
  return parseImport(text, (json) => {
    if (!isTezosChainId(chainId)) throw new ImportProblem("", `${chainId} is no chain id`);
    const file = objectAt(json, "");
    const byKey = new Map<TezosKeyHash, Map<TezosMarkKind, TezosRecord>>();
    for (const [section, type] of sectionsOf(file)) {
      for (const [index, entry] of listAt(file[section], section).entries()) {
        const path = `${section}[${index}]`;
        const { key, record } = readEntry(entry, type, path);
        byKey.set(key, (byKey.get(key) ?? new Map<TezosMarkKind, TezosRecord>()).set(type, record));
      }
    }
    return [...byKey].map(([key, records]) => ({
      scope: { chain: "tezos", chainId, key },
      records: [...records.values()].map((record): MarkRecord => ({ chain: "tezos", record })),
    }));
  });
}

/** Each section of a file once, under whichever of its names: what is not understood must not count as nothing. */
function sectionsOf(file: Readonly<Record<string, unknown>>): readonly (readonly [string, TezosMarkKind])[] {
  const kindOf = new Map<string, TezosMarkKind>([...SECTIONS, ...OLDER_NAMES]);
  const found = new Map<TezosMarkKind, string>();
  for (const section of Object.keys(file)) {
    const kind = kindOf.get(section);
    if (kind === undefined) throw new ImportProblem(section, "an unknown section");
    if (found.has(kind)) throw new ImportProblem(section, `the same as ${found.get(kind)}, which is there too`);
    found.set(kind, section);
  }
  return SECTIONS.map(([name, kind]) => [found.get(kind) ?? name, kind]);
}

function readEntry(
  entry: unknown,
  type: TezosMarkKind,
  path: string,
): { readonly key: TezosKeyHash; readonly record: TezosRecord } {
  const { delegate, highwatermark } = objectAt(entry, path);
  const key = parseTezosKeyHash(textAt(delegate, `${path}.delegate`));
  if (!key.ok) throw new ImportProblem(`${path}.delegate`, "a public key hash is expected");
  const mark = objectAt(highwatermark, `${path}.highwatermark`);
  const level = i31At(mark["level"], `${path}.highwatermark.level`);
  const round = i31At(mark["round"], `${path}.highwatermark.round`);
  return { key: key.value, record: { type, level, round, digest: null, signature: null } };
}

/** The file an Octez baker would have for these marks: sections and entries in its order. */
export function formatOctezMarks(marks: ReadonlyMap<TezosKeyHash, TezosMarks>): string {
  const keys = [...marks.keys()].sort();
  const section = (kind: TezosMarkKind): unknown[] =>
    keys.flatMap((key) => {
      const record = marks.get(key)?.[kind] ?? null;
      return record === null ? [] : [{ delegate: key, highwatermark: { round: record.round, level: record.level } }];
    });
  return `${JSON.stringify(Object.fromEntries(SECTIONS.map(([name, kind]) => [name, section(kind)])), null, 2)}\n`;
}

/**
 * Reads the marks of an Octez baker. No file means no marks; one that does not read is refused, never taken as empty.
 */
export async function readOctezMarks(
  baseDirectory: string,
  chainId: string,
): Promise<Result<readonly ImportedMarks[], BadImport>> {
  const path = octezMarksPath(baseDirectory, chainId);
  try {
    return parseOctezMarks(await readFile(path, "utf8"), chainId);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ok([]);
    return err({ code: "badImport", path, message: `cannot be read: ${String(error)}` });
  }
}

/** Replaces an Octez baker's file, durably: a power cut leaves the old file or the new one. The baker must be stopped. */
export async function writeOctezMarks(
  baseDirectory: string,
  chainId: string,
  marks: ReadonlyMap<TezosKeyHash, TezosMarks>,
): Promise<void> {
  await replaceFile(octezMarksPath(baseDirectory, chainId), formatOctezMarks(marks));
}

/** What a store knows of one chain, with what else is known of it: the higher of both for each key and kind. */
export async function octezMarksOf(
  store: WatermarkStore,
  chainId: string,
  known: readonly ImportedMarks[] = [],
): Promise<Result<ReadonlyMap<TezosKeyHash, TezosMarks>, StoreFailure>> {
  const scopes = await store.scopes();
  if (!scopes.ok) return scopes;
  const marks = new Map<TezosKeyHash, TezosMarks>();
  const raise = (key: TezosKeyHash, record: TezosRecord): unknown =>
    marks.set(key, applyTezos(marks.get(key) ?? NO_TEZOS_MARKS, record));
  for (const scope of scopes.value) {
    if (scope.chain !== "tezos" || scope.chainId !== chainId) continue;
    const found = await store.marksOf(scope);
    if (!found.ok) return found;
    if (found.value.chain === "tezos") for (const record of recordsOfTezos(found.value.marks)) raise(scope.key, record);
  }
  for (const { scope, records } of known) {
    if (scope.chain !== "tezos" || scope.chainId !== chainId) continue;
    for (const { chain, record } of records) if (chain === "tezos") raise(scope.key, record);
  }
  return ok(marks);
}
