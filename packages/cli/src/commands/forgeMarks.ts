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
  parseOctezSignerMarks,
  type PublicKeyHex,
  readOctezMarks,
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

/** Whose marks go into an export, and in which format. */
type ExportFormat =
  | { readonly kind: "floors" }
  /** EIP-3076. */
  | { readonly kind: "ethereum"; readonly genesisRoot: string }
  /** An Octez baker's file. */
  | { readonly kind: "octez"; readonly chainId: string };

/**
 * Writes marks as floors; an existing file is not overwritten. What the file cannot hold is named, and without a chain it
 * is a failure: a key that moves without some of its marks may sign twice.
 * @param path of a file; for a Tezos chain it may be an Octez baker's folder, whose file is then raised
 * @param chain Tezos chain to export as an Octez baker's file, or genesis validators root of the Ethereum network to export
 *   as EIP-3076; null for all marks but those of Ethereum
 */
export async function exportMarksTo(
  path: string,
  chain: string | null,
  config: ServiceConfig,
  out: Output,
): Promise<ExitCode> {
  const format = exportFormatOf(chain);
  return withWatermarks(config, async (store) => {
    const scopes = await store.scopes();
    if (!scopes.ok) throw new CliError(EXIT.cannotStart, scopes.error.code, scopes.error.message);
    const leftOut = scopes.value.filter((scope) => !isWritten(format, scope));
    if (format.kind !== "floors" && leftOut.length === scopes.value.length)
      throw new CliError(EXIT.failed, "noMarks", `no key has marks of chain ${chain}`, "nothing was written");
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

function exportFormatOf(chain: string | null): ExportFormat {
  if (chain === null) return { kind: "floors" };
  const genesisRoot = genesisRootOf(chain);
  if (genesisRoot !== null) return { kind: "ethereum", genesisRoot };
  if (isTezosChainId(chain)) return { kind: "octez", chainId: chain };
  throw new CliError(
    EXIT.usage,
    "badChain",
    `--chain is ${chain}, allowed are a Tezos chain (Net…) and the genesis validators root of an Ethereum network (0x and 64 hex digits)`,
    "marks of all chains but Ethereum's are exported together without --chain",
  );
}

function isWritten(format: ExportFormat, scope: MarkScope): boolean {
  switch (format.kind) {
    case "floors":
      return scope.chain !== "beacon";
    case "ethereum":
      return scope.chain === "beacon" && scope.genesisRoot === format.genesisRoot;
    case "octez":
      return scope.chain === "tezos" && scope.chainId === format.chainId;
  }
}

/** @returns where it was written to */
async function writeExport(
  path: string,
  format: ExportFormat,
  store: WatermarkStore,
  scopes: readonly MarkScope[],
): Promise<Result<string, StoreFailure>> {
  if (format.kind === "octez" && (await isFolder(path))) return raiseOctezFile(path, format.chainId, store);
  const text = await exportText(format, store, scopes);
  if (!text.ok) return text;
  await writeNew(path, text.value);
  return ok(path);
}

async function exportText(
  format: ExportFormat,
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

/** Raises marks to those of a file, whose format is seen from its contents; nothing is lowered. */
export async function importMarksFrom(
  path: string,
  chain: string | null,
  config: ServiceConfig,
  out: Output,
): Promise<ExitCode> {
  const parsed = parseMarks(await readText(path), path, chain);
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
      "marks move only while the service is stopped",
    );
  try {
    return await work(store.value);
  } finally {
    await store.value.close();
  }
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

const SIGNER_FILES = [
  ["preattestation", "preattestation"],
  ["preendorsement", "preattestation"],
  ["attestation", "attestation"],
  ["endorsement", "attestation"],
  ["block", "block"],
] as const;

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
  const name = basename(path);
  const kind = SIGNER_FILES.find(([prefix]) => name.startsWith(prefix))?.[1];
  if (kind !== undefined) return parseOctezSignerMarks(text, kind);
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
