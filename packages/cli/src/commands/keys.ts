import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { keeperIdOf } from "@sealwright/consensus";
import { Ed25519SecretKey, type Keystore, parseKeystore } from "@sealwright/crypto";
import { accountIdOf } from "@sealwright/execution";
import { createKeyFiles, systemRandom, writeSecretFile } from "@sealwright/node";
import { fromHex, toHex, unwrap } from "@sealwright/types";
import { CliError } from "../cliError.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { ACCOUNT_KEY_KIND } from "../network/accountsFile.js";
import { whyUnreadable, whyUnwritable } from "../output/fileFault.js";
import { Output } from "../output/output.js";
import { tableLines } from "../output/table.js";
import { jsonFilesBelow } from "./jsonFilesBelow.js";

export interface KeysNewOptions {
  readonly kind: "keeper" | "account";
  readonly out: string;
  readonly json?: boolean;
}

export interface KeysListOptions {
  readonly dir: string;
  readonly json?: boolean;
}

const SEED_BYTES = 32;
const FILE_BYTES_MAX = 64 * 1024;

/** Makes a keeper's key files in a folder, or an account's key file. Nothing is ever overwritten. */
export async function runKeysNew(options: KeysNewOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const path = resolve(options.out);
  try {
    if (options.kind === "account") await newAccount(path, out);
    else await newKeeper(path, out);
    return EXIT.ok;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    if (code === "EEXIST")
      throw new CliError(
        EXIT.usage,
        "keyExists",
        `${path} holds a key already`,
        "choose another place with --out; nothing was changed",
        { cause },
      );
    throw new CliError(
      EXIT.cannotStart,
      code,
      `the key cannot be written to ${path}: ${whyUnwritable(cause)}`,
      "choose another place with --out",
      { cause },
    );
  }
}

async function newAccount(path: string, out: Output): Promise<void> {
  const seed = systemRandom.bytes(SEED_BYTES);
  const publicKey = unwrap(Ed25519SecretKey.fromSeed(seed)).publicKey();
  const id = accountIdOf(publicKey);
  await mkdir(dirname(path), { recursive: true });
  const file = { sealwright: ACCOUNT_KEY_KIND, version: 1, id, publicKey: toHex(publicKey), seed: toHex(seed) };
  await writeSecretFile(path, `${JSON.stringify(file, null, 2)}\n`);
  out.answer({ kind: "account", id, publicKey: toHex(publicKey), path }, [
    `account ${id}`,
    `  its key, readable by you only: ${path}`,
  ]);
}

async function newKeeper(dir: string, out: Output): Promise<void> {
  const keeper = await createKeyFiles(dir, "strong", { random: systemRandom });
  const entry = {
    blsPublicKey: toHex(keeper.blsPublicKey),
    proofOfPossession: toHex(keeper.proofOfPossession),
    transportPublicKey: toHex(keeper.transportPublicKey),
  };
  const lines = [
    `keeper ${keeper.id}`,
    `  its keys, readable by you only: ${dir}`,
    "  for keepers in the genesis document:",
    ...JSON.stringify(entry, null, 2)
      .split("\n")
      .map((line) => `    ${line}`),
  ];
  out.answer({ kind: "keeper", id: keeper.id, path: dir, genesis: entry }, lines);
}

interface ListedKey {
  readonly kind: "keeper" | "transport" | "account";
  readonly id: string;
  readonly path: string;
  readonly note: string;
}

/** Lists the keys below a folder. Reads what is public in the files and opens none. */
export async function runKeysList(options: KeysListOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const dir = resolve(options.dir);
  let files: readonly string[];
  try {
    files = await jsonFilesBelow(dir);
  } catch (cause) {
    throw new CliError(
      EXIT.usage,
      "noSuchFolder",
      `the folder ${dir} cannot be read: ${whyUnreadable(cause)}`,
      "choose another folder with --dir",
      { cause },
    );
  }
  const keys: ListedKey[] = [];
  for (const name of files) {
    const key = await describeKey(join(dir, name));
    if (key !== null) keys.push({ ...key, path: name });
  }
  out.json({ dir, keys });
  if (keys.length === 0) out.text(`no keys in ${dir}`);
  else
    for (const line of tableLines([
      ["kind", "id", "file", ""],
      ...keys.map(({ kind, id, path, note }) => [kind, id, path, note]),
    ]))
      out.text(line);
  return EXIT.ok;
}

async function describeKey(path: string): Promise<Omit<ListedKey, "path"> | null> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (text.length > FILE_BYTES_MAX) return null;
  const keystore = parseKeystore(text);
  if (keystore.ok) {
    const publicKey = fromHex(keystore.value.pubkey ?? "");
    const id = publicKey === null || publicKey.length === 0 ? "unknown" : keeperIdOf(publicKey);
    return { kind: "keeper", id, note: noteOf(keystore.value) };
  }
  try {
    const json = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (json["sealwright"] === "transport key") return { kind: "transport", id: String(json["publicKey"]), note: "" };
    if (json["sealwright"] === ACCOUNT_KEY_KIND) return { kind: "account", id: String(json["id"]), note: "" };
  } catch {
    // Not a key of ours.
  }
  return null;
}

/** Files of earlier versions called the begin of the key a keeper, which no keeper is called. */
function noteOf({ description = "", pubkey = "" }: Keystore): string {
  return description === `keeper ${pubkey.slice(0, 16)}` ? "" : description;
}
