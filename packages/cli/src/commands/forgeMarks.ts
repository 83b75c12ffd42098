import { readFile, stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import {
  type BadImport,
  type BeaconMarks,
  exportMarks,
  formatEip3076,
  formatOctezMarks,
  type ImportedMarks,
  importMarks,
  isTezosChainId,
  type MarkScope,
  octezMarksOf,
  octezMarksPath,
  openWatermarks,
  parseEip3076,
  parseMarkInterchange,
  parseOctezMarks,
  octezSignerFileKind,
  octezSignerMarksOf,
  parseOctezSignerMarks,
  type PublicKeyHex,
  raiseOctezSignerMarks,
  readOctezMarks,
  readOctezSignerMarks,
  type ServiceConfig,
  type StoreFailure,
  type WatermarkStore,
  writeOctezMarks,
} from "@sealwright/forge";
import { systemClock, systemRandom } from "@sealwright/node";
import { ok, type Result } from "@sealwright/types";
import { CliError } from "../cliError.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { whyUnreadable } from "../output/fileFault.js";
import { logLines } from "../output/logLines.js";
import type { Output } from "../output/output.js";
import { FORGE_ADVICE } from "./forgeAdvice.js";

const STOP_ALL = "marks move only while the service is stopped, and every other one on these watermarks";

/** Whose marks go into an export, and in which format. */
type ExportFormat =
  | { readonly kind: "floors" }
  /** EIP-3076. */
  | { readonly kind: "ethereum"; readonly genesisRoot: string }
  /** An Octez baker's file. */
  | { readonly kind: "octez"; readonly chainId: string }
  /** An Octez remote signer's files, of one chain or of all. */
  | { readonly kind: "octezSigner"; readonly chainId: string | null };

export interface ExportTarget {
  /**
   * Tezos chain to export as an Octez baker's file, or genesis validators root of the Ethereum network to export as
   * EIP-3076; null for all marks but those of Ethereum.
   */
  readonly chain: string | null;
  /** The path is an Octez remote signer's folder, whose files are raised. */
  readonly toOctezSigner: boolean;
}

/**
 * Writes marks as floors; an existing file is not overwritten. What the file cannot hold is named, and without a chain it
 * is a failure: a key that moves without some of its marks may sign twice.
 * @param path of a file, or of an Octez folder: a remote signer's, or for a Tezos chain a baker's, whose file is then raised
 */
export async function exportMarksTo(
  path: string,
  target: ExportTarget,
  config: ServiceConfig,
  out: Output,
): Promise<ExitCode> {
  const format = exportFormatOf(target);
  return withWatermarks(config, async (store) => {
    const scopes = await store.scopes();
    if (!scopes.ok) throw new CliError(EXIT.cannotStart, scopes.error.code, scopes.error.message);
    const leftOut = scopes.value.filter((scope) => !isWritten(format, scope));
    if (format.kind !== "floors" && leftOut.length === scopes.value.length)
      throw new CliError(EXIT.failed, "noMarks", `no key has marks of ${wantedText(format)}`, "nothing was written");
    const written = await writeExport(path, format, store, scopes.value);
    if (!written.ok) throw new CliError(EXIT.cannotStart, written.error.code, written.error.message);
    out.json({ event: "exported", path: written.value, leftOut });
    out.text(
      `watermarks written to ${written.value}; import them where the keys go, and never start this service again`,
    );
    for (const scope of leftOut) out.text(leftOutText(scope));
    return format.kind === "floors" && leftOut.length > 0 ? EXIT.failed : EXIT.ok;
  });
}

function exportFormatOf({ chain, toOctezSigner }: ExportTarget): ExportFormat {
  if (toOctezSigner && (chain === null || isTezosChainId(chain))) return { kind: "octezSigner", chainId: chain };
  if (chain === null) return { kind: "floors" };
  const genesisRoot = genesisRootOf(chain);
  if (genesisRoot !== null && !toOctezSigner) return { kind: "ethereum", genesisRoot };
  if (isTezosChainId(chain)) return { kind: "octez", chainId: chain };
  const ethereum = toOctezSigner
    ? ""
    : " and the genesis validators root of an Ethereum network (0x and 64 hex digits)";
  throw new CliError(
    EXIT.usage,
    "badChain",
    `--chain is ${chain}, allowed is a Tezos chain (Net…)${ethereum}`,
    "marks of all chains but Ethereum's are exported together without --chain",
  );
}

function wantedText(format: Exclude<ExportFormat, { kind: "floors" }>): string {
  switch (format.kind) {
    case "ethereum":
      return `chain 0x${format.genesisRoot}`;
    case "octez":
      return `chain ${format.chainId}`;
    case "octezSigner":
      return format.chainId === null ? "a Tezos chain" : `chain ${format.chainId}`;
  }
}

function isWritten(format: ExportFormat, scope: MarkScope): boolean {
  switch (format.kind) {
    case "floors":
      return scope.chain !== "beacon";
    case "ethereum":
      return scope.chain === "beacon" && scope.genesisRoot === format.genesisRoot;
    case "octez":
      return scope.chain === "tezos" && scope.chainId === format.chainId;
    case "octezSigner":
      return scope.chain === "tezos" && (format.chainId === null || scope.chainId === format.chainId);
  }
}

/** @returns where it was written to */
async function writeExport(
  path: string,
  format: ExportFormat,
  store: WatermarkStore,
  scopes: readonly MarkScope[],
): Promise<Result<string, StoreFailure>> {
  if (format.kind === "octezSigner") return raiseOctezSigner(path, format.chainId, store);
  if (format.kind === "octez" && (await isFolder(path))) return raiseOctezFile(path, format.chainId, store);
  const text = await exportText(format, store, scopes);
  if (!text.ok) return text;
  await writeNew(path, text.value);
  return ok(path);
}

async function exportText(
  format: Exclude<ExportFormat, { kind: "octezSigner" }>,
  store: WatermarkStore,
  scopes: readonly MarkScope[],
): Promise<Result<string, StoreFailure>> {
  switch (format.kind) {
    case "floors":
      return exportMarks(store);
    case "ethereum":
      return exportBeaconMarks(store, scopes, format.genesisRoot);
    case "octez": {
      const marks = await octezMarksOf(store, format.chainId);
      return marks.ok ? ok(formatOctezMarks(marks.value)) : marks;
    }
  }
}

/** Into a baker's folder: its own marks may be higher than ours, and neither may fall. */
async function raiseOctezFile(
  folder: string,
  chainId: string,
  store: WatermarkStore,
): Promise<Result<string, StoreFailure>> {
  const path = octezMarksPath(folder, chainId);
  const known = await readOctezMarks(folder, chainId);
  if (!known.ok)
    throw new CliError(
      EXIT.cannotStart,
      known.error.code,
      `${path}: ${known.error.message}`,
      "nothing was written; export to a new file, and look at the one that is there before it is replaced",
    );
  const marks = await octezMarksOf(store, chainId, known.value);
  if (!marks.ok) return marks;
  try {
    await writeOctezMarks(folder, chainId, marks.value);
  } catch (cause) {
    throw new CliError(EXIT.cannotStart, "cannotWrite", `${path}: ${String(cause)}`, "the old file is still there", {
      cause,
    });
  }
  return ok(path);
}

/** Into a signer's folder, where one file of each kind holds all chains. */
async function raiseOctezSigner(
  folder: string,
  chainId: string | null,
  store: WatermarkStore,
): Promise<Result<string, StoreFailure>> {
  if (!(await isFolder(folder)))
    throw new CliError(
      EXIT.usage,
      "noFolder",
      `${folder} is no folder`,
      "name the folder in which the Octez signer keeps its keys",
    );
  const marks = await octezSignerMarksOf(store, chainId);
  if (!marks.ok) return marks;
  const raised = await raiseOctezSignerMarks(folder, marks.value).catch((cause: unknown) => {
    throw new CliError(EXIT.cannotStart, "cannotWrite", `${folder}: ${String(cause)}`, "export once more", { cause });
  });
  if (raised.ok) return ok(raised.value.join(", "));
  const { code, path, message } = raised.error;
  throw new CliError(
    EXIT.cannotStart,
    code,
    `${path}: ${message}`,
    "nothing was written; look at the file that is there before it is replaced",
  );
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true;
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const why = isThere ? "it exists already" : String(cause);
    throw new CliError(EXIT.cannotStart, "cannotWrite", `${path}: ${why}`, "choose another file", { cause });
  }
}

function leftOutText(scope: MarkScope): string {
  const how = scope.chain === "beacon" ? `with --chain 0x${scope.genesisRoot}` : "without --chain";
  return `not in it: ${scope.chain} marks of key ${scope.key}; export them to another file, ${how}`;
}

/**
 * Raises marks to those of a file, whose format is seen from its contents, or to those of all files of an Octez remote
 * signer when the path is its folder; nothing is lowered.
 */
export async function importMarksFrom(
  path: string,
  chain: string | null,
  config: ServiceConfig,
  out: Output,
): Promise<ExitCode> {
  const parsed = (await isFolder(path)) ? await readSignerFolder(path) : parseMarks(await readText(path), path, chain);
  if (!parsed.ok) {
    const { path: at, message } = parsed.error;
    throw new CliError(
      EXIT.usage,
      "badImport",
      `${path}${at === "" ? "" : ` at ${at}`}: ${message}`,
      "nothing was imported",
    );
  }
  return withWatermarks(config, async (store) => {
    const raised = await importMarks(store, parsed.value);
    if (!raised.ok) throw new CliError(EXIT.cannotStart, raised.error.code, raised.error.message);
    out.json({ event: "imported", path, scopes: raised.value });
    out.text(`watermarks of ${raised.value} keys and chains are at least as high as in ${path}`);
    return EXIT.ok;
  });
}

async function withWatermarks(
  config: ServiceConfig,
  work: (store: WatermarkStore) => Promise<ExitCode>,
): Promise<ExitCode> {
  const parts = { clock: systemClock, random: systemRandom, logger: logLines(config.log.level) };
  const store = await openWatermarks(config.watermarks, parts);
  if (!store.ok)
    throw new CliError(
      EXIT.cannotStart,
      store.error.code,
      store.error.message,
      FORGE_ADVICE[store.error.code] ?? STOP_ALL,
    );
  try {
    mustWrite(store.value);
    return await work(store.value);
  } finally {
    await store.value.close();
  }
}

/** A service that signs meanwhile would raise marks behind an export's back: a folder is locked, a database's lease is taken. */
function mustWrite(store: WatermarkStore): void {
  const health = store.health();
  if (health.ok) return;
  const { code, message } = health.failure;
  throw new CliError(EXIT.cannotStart, code, message, FORGE_ADVICE[code] ?? STOP_ALL);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CliError(EXIT.usage, "fileUnreadable", `${path} cannot be read: ${whyUnreadable(cause)}`, null, {
      cause,
    });
  }
}

async function exportBeaconMarks(
  store: WatermarkStore,
  scopes: readonly MarkScope[],
  genesisRoot: string,
): Promise<Result<string, StoreFailure>> {
  const found = new Map<PublicKeyHex, BeaconMarks>();
  for (const scope of scopes) {
    if (scope.chain !== "beacon" || scope.genesisRoot !== genesisRoot) continue;
    const marks = await store.marksOf(scope);
    if (!marks.ok) return marks;
    if (marks.value.chain === "beacon") found.set(scope.key, marks.value.marks);
  }
  return ok(formatEip3076(genesisRoot, found));
}

function genesisRootOf(chain: string | null): string | null {
  const root = chain?.replace(/^0x/, "").toLowerCase() ?? "";
  return /^[0-9a-f]{64}$/.test(root) ? root : null;
}

async function readSignerFolder(folder: string): Promise<Result<readonly ImportedMarks[], BadImport>> {
  const marks = await readOctezSignerMarks(folder);
  if (!marks.ok || marks.value.length > 0) return marks;
  throw new CliError(
    EXIT.usage,
    "noMarks",
    `${folder} holds no marks of an Octez signer`,
    "name a file: an Octez baker's is <folder>/Net…_highwatermarks",
  );
}

function parseMarks(text: string, path: string, chain: string | null): Result<readonly ImportedMarks[], BadImport> {
  const fields = topFields(text);
  if (fields.has("formatVersion")) return parseMarkInterchange(text);
  if (fields.has("metadata")) {
    const root = genesisRootOf(chain);
    if (root !== null) return parseEip3076(text, root);
    throw new CliError(
      EXIT.usage,
      "chainMissing",
      `${path} holds marks of an Ethereum network`,
      "add --chain 0x… with its genesis validators root",
    );
  }
  if (fields.has("blocks") || fields.has("attestations")) {
    if (chain !== null) return parseOctezMarks(text, chain);
    throw new CliError(
      EXIT.usage,
      "chainMissing",
      `${path} is an Octez baker's file, which names no chain`,
      "add --chain Net…",
    );
  }
  const kind = octezSignerFileKind(basename(path));
  if (kind !== null) return parseOctezSignerMarks(text, kind);
  const known = "an export of this service, EIP-3076, an Octez baker's file, or an Octez signer's …_high_watermarks";
  throw new CliError(EXIT.usage, "unknownFormat", `${path} is of no known format`, `known: ${known}`);
}

function topFields(text: string): ReadonlySet<string> {
  try {
    const value: unknown = JSON.parse(text);
    return new Set(typeof value === "object" && value !== null ? Object.keys(value) : []);
  } catch {
    return new Set();
  }
}
