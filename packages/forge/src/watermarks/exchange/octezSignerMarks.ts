import { checkText } from "@sealwright/tezos";
import { err, ok, type Result } from "@sealwright/types";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseTezosKeyHash } from "../../keyId.js";
import type { MarkRecord, MarkScope } from "../marks.js";
import { comparePlace, recordsOfTezos, type TezosMarkKind, type TezosRecord } from "../tezosMarks.js";
import type { StoreFailure, WatermarkStore } from "../watermarkStore.js";
import { type BadImport, i31At, type ImportedMarks, ImportProblem, objectAt, parseImport } from "./imported.js";
import { replaceFile } from "./replaceFile.js";

/** The remote signer's files in its base directory; the later names of a kind are those of older signers. */
const FILES = [
  ["block_high_watermarks", "block"],
  ["preattestation_high_watermarks", "preattestation"],
  ["attestation_high_watermarks", "attestation"],
  ["preendorsement_high_watermarks", "preattestation"],
  ["endorsement_high_watermarks", "attestation"],
] as const satisfies readonly (readonly [string, TezosMarkKind])[];

const KINDS = ["block", "preattestation", "attestation"] as const satisfies readonly TezosMarkKind[];

/** An entry needs a hash, which counts only beside a signature. */
const NO_HASH = "00".repeat(32);

/** Which kind a file of an Octez remote signer holds, by its name; null when it is none of them. */
export function octezSignerFileKind(name: string): TezosMarkKind | null {
  return FILES.find(([file]) => name.startsWith(file.slice(0, file.indexOf("_"))))?.[1] ?? null;
}

/**
 * Reads one of the remote signer's files (`block_high_watermarks` and its siblings). Its hashes are of another kind than
 * our digests and legacy entries have no round: such a level counts as used up to its last round.
 */
export function parseOctezSignerMarks(text: string, kind: TezosMarkKind): Result<readonly ImportedMarks[], BadImport> {
  const entries = parseEntries(text, kind);
  return entries.ok ? ok(entries.value.map(importedOf)) : entries;
}

/** What all files of a remote signer say, in its base directory; empty when there are none. */
export async function readOctezSignerMarks(
  baseDirectory: string,
): Promise<Result<readonly ImportedMarks[], BadImport>> {
  const files = await readFiles(baseDirectory);
  return files.ok ? ok(files.value.flatMap(({ entries }) => entries.map(importedOf))) : files;
}

/** The Tezos marks of a store, as a remote signer's files can hold them: of one chain, or of all when it is null. */
export async function octezSignerMarksOf(
  store: WatermarkStore,
  chainId: string | null,
): Promise<Result<readonly ImportedMarks[], StoreFailure>> {
  const scopes = await store.scopes();
  if (!scopes.ok) return scopes;
  const found: ImportedMarks[] = [];
  for (const scope of scopes.value) {
    if (scope.chain !== "tezos" || (chainId !== null && scope.chainId !== chainId)) continue;
    const marks = await store.marksOf(scope);
    if (!marks.ok) return marks;
    if (marks.value.chain !== "tezos") continue;
    const records = recordsOfTezos(marks.value.marks).map((record): MarkRecord => ({ chain: "tezos", record }));
    found.push({ scope, records });
  }
  return ok(found);
}

/**
 * Raises the files of a remote signer to these marks, durably, one file after the other; what is as high already keeps
 * its signature, and one that does not read is refused before anything is written. The signer must be stopped.
 * Rejects when a file cannot be written: those before it are raised by then, and raising them again does no harm.
 * @returns the files that hold the marks now
 */
export async function raiseOctezSignerMarks(
  baseDirectory: string,
  marks: readonly ImportedMarks[],
): Promise<Result<readonly string[], BadImport>> {
  const files = await readFiles(baseDirectory);
  if (!files.ok) return files;
  const written: string[] = [];
  for (const kind of KINDS) {
    const entries = marks.flatMap((each) => entriesOf(each, kind));
    if (entries.length === 0) continue;
    const there = files.value.filter((file) => file.kind === kind);
    const fresh = { path: join(baseDirectory, `${kind}_high_watermarks`), kind, entries: [] };
    // Under both of its names when both are there: which one counts depends on the signer's version.
    for (const file of there.length === 0 ? [fresh] : there) {
      await replaceFile(file.path, formatEntries(raised(file.entries, entries)));
      written.push(file.path);
    }
  }
  return ok(written);
}

type TezosScope = Extract<MarkScope, { chain: "tezos" }>;

interface Entry {
  readonly scope: TezosScope;
  readonly record: TezosRecord;
  /** As it stands in the file, with the hash and the signature that only a signer can use. */
  readonly json: unknown;
}

interface SignerFile {
  readonly path: string;
  readonly kind: TezosMarkKind;
  readonly entries: readonly Entry[];
}

async function readFiles(baseDirectory: string): Promise<Result<readonly SignerFile[], BadImport>> {
  const files: SignerFile[] = [];
  for (const [name, kind] of FILES) {
    const path = join(baseDirectory, name);
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      return error instanceof Error ? error : new Error(String(error));
    });
    if (text === null) continue;
    if (text instanceof Error) return err({ code: "badImport", path, message: `cannot be read: ${text.message}` });
    const entries = parseEntries(text, kind);
    if (!entries.ok)
      return err({ ...entries.error, path: [path, entries.error.path].filter((part) => part !== "").join(" at ") });
    files.push({ path, kind, entries: entries.value });
  }
  return ok(files);
}

function parseEntries(text: string, kind: TezosMarkKind): Result<readonly Entry[], BadImport> {
  return parseImport(text, (json) =>
    Object.entries(objectAt(json, "")).flatMap(([chainId, keys]) => {
      if (!checkText("chainId", chainId).ok) throw new ImportProblem(chainId, "a chain id is expected");
      return Object.entries(objectAt(keys, chainId)).map(([key, mark]) => parseEntry(chainId, key, mark, kind));
    }),
  );
}

function parseEntry(chainId: string, keyText: string, json: unknown, type: TezosMarkKind): Entry {
  const path = `${chainId}.${keyText}`;
  const key = parseTezosKeyHash(keyText);
  if (!key.ok) throw new ImportProblem(path, "a public key hash is expected");
  const mark = objectAt(json, path);
  const level = i31At(mark["level"], `${path}.level`);
  const round = mark["round"] === undefined ? 0x7fff_ffff : i31At(mark["round"], `${path}.round`);
  const scope = { chain: "tezos", chainId, key: key.value } as const;
  return { scope, record: { type, level, round, digest: null, signature: null }, json };
}

function importedOf({ scope, record }: Entry): ImportedMarks {
  return { scope, records: [{ chain: "tezos", record }] };
}

function entriesOf({ scope, records }: ImportedMarks, kind: TezosMarkKind): Entry[] {
  if (scope.chain !== "tezos") return [];
  return records.flatMap(({ chain, record }) => {
    if (chain !== "tezos" || record.type !== kind) return [];
    return [{ scope, record, json: { level: record.level, round: record.round, hash: NO_HASH } }];
  });
}

/** The higher entry for each chain and key; of two at one place the first, which may have a signature. */
function raised(there: readonly Entry[], added: readonly Entry[]): readonly Entry[] {
  const highest = new Map<string, Entry>();
  for (const entry of [...there, ...added]) {
    const place = `${entry.scope.chainId} ${entry.scope.key}`;
    const known = highest.get(place);
    if (known === undefined || comparePlace(entry.record, known.record) > 0) highest.set(place, entry);
  }
  return [...highest.values()];
}

function formatEntries(entries: readonly Entry[]): string {
  const chains: Record<string, Record<string, unknown>> = {};
  for (const { scope, json } of entries) (chains[scope.chainId] ??= {})[scope.key] = json;
  return `${JSON.stringify(chains, null, 2)}\n`;
}
