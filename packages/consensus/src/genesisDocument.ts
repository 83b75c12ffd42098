import { err, fromHex, ok, parseAccountId, type Result, THREADS_MAX, toHex, unixMs } from "@sealwright/types";
import { GENESIS_VERSION, type Genesis, type GenesisAccount, type GenesisKeeper } from "./genesis.js";
import { keeperIdOf } from "./keeperSet.js";
import { DEFAULT_SETTINGS, type ProtocolSettings } from "./protocolSettings.js";

/** Where a genesis document is wrong, what stands there, and what may. */
export interface GenesisError {
  readonly code: "badGenesis";
  readonly path: string;
  readonly value: unknown;
  readonly allowed: string;
}

const ACCOUNTS_MAX = 1_000_000;
const KEEPERS_MAX = 1_024;
const NAME_MAX = 64;

/** Leaves the parser at the first fault; turned into a `GenesisError` where it entered. */
class Refused extends Error {
  constructor(readonly error: GenesisError) {
    super(error.path);
  }
}

export function genesisToJson(genesis: Genesis): object {
  return {
    sealwright: GENESIS_VERSION,
    name: genesis.name,
    createdAtMs: genesis.createdAtMs,
    executor: genesis.executor,
    transferFee: genesis.transferFee.toString(),
    threads: genesis.threadCount,
    settings: { ...genesis.settings, gasPerBlockMax: genesis.settings.gasPerBlockMax.toString() },
    keepers: genesis.keepers.map((keeper) => ({
      blsPublicKey: toHex(keeper.blsPublicKey),
      proofOfPossession: toHex(keeper.proofOfPossession),
      transportPublicKey: toHex(keeper.transportPublicKey),
    })),
    accounts: genesis.accounts.map((account) => ({ id: account.id, balance: account.balance.toString() })),
  };
}

/**
 * Reads a genesis document.
 * @param checkPossession whether a proof of possession is the key's own signature over itself
 */
export function parseGenesis(
  json: unknown,
  checkPossession: (publicKey: Uint8Array, proof: Uint8Array) => boolean,
): Result<Genesis, GenesisError> {
  try {
    return ok(readGenesis(json, checkPossession));
  } catch (error) {
    if (error instanceof Refused) return err(error.error);
    throw error;
  }
}

function readGenesis(json: unknown, checkPossession: (publicKey: Uint8Array, proof: Uint8Array) => boolean): Genesis {
  const doc = record(json, "genesis", [
    "sealwright",
    "name",
    "createdAtMs",
    "executor",
    "transferFee",
    "threads",
    "settings",
    "keepers",
    "accounts",
  ]);
  if (doc["sealwright"] !== GENESIS_VERSION)
    refuse("sealwright", doc["sealwright"], `${GENESIS_VERSION} (the version of this format)`);
  if (doc["executor"] !== "ledger") refuse("executor", doc["executor"], '"ledger"');
  const name = doc["name"];
  if (typeof name !== "string" || name.length === 0 || name.length > NAME_MAX)
    refuse("name", name, `a text of 1 to ${NAME_MAX} characters`);
  return {
    name,
    createdAtMs: unixMs(integer(doc["createdAtMs"], "createdAtMs", 0, Number.MAX_SAFE_INTEGER)),
    executor: "ledger",
    transferFee: amount(doc["transferFee"], "transferFee"),
    threadCount: integer(doc["threads"], "threads", 1, THREADS_MAX),
    settings: readSettings(doc["settings"]),
    keepers: list(doc["keepers"], "keepers", 1, KEEPERS_MAX).map((item, i) =>
      readKeeper(item, `keepers[${i}]`, checkPossession),
    ),
    accounts: list(doc["accounts"], "accounts", 0, ACCOUNTS_MAX).map((item, i) => readAccount(item, `accounts[${i}]`)),
  };
}

function readSettings(json: unknown): ProtocolSettings {
  const doc = record(json, "settings", Object.keys(DEFAULT_SETTINGS));
  return {
    productionTimeoutMs: integer(doc["productionTimeoutMs"], "settings.productionTimeoutMs", 10, 60_000),
    minBlockIntervalMs: integer(doc["minBlockIntervalMs"], "settings.minBlockIntervalMs", 1, 60_000),
    gasPerBlockMax: amount(doc["gasPerBlockMax"], "settings.gasPerBlockMax"),
    externalsPerBlockMax: integer(doc["externalsPerBlockMax"], "settings.externalsPerBlockMax", 1, 20_000),
    timeAheadMaxMs: integer(doc["timeAheadMaxMs"], "settings.timeAheadMaxMs", 1, 60_000),
  };
}

function readKeeper(
  json: unknown,
  path: string,
  checkPossession: (publicKey: Uint8Array, proof: Uint8Array) => boolean,
): GenesisKeeper {
  const doc = record(json, path, ["blsPublicKey", "proofOfPossession", "transportPublicKey"]);
  const blsPublicKey = hex(doc["blsPublicKey"], `${path}.blsPublicKey`, 48);
  const proofOfPossession = hex(doc["proofOfPossession"], `${path}.proofOfPossession`, 96);
  if (!checkPossession(blsPublicKey, proofOfPossession)) {
    refuse(`${path}.proofOfPossession`, doc["proofOfPossession"], "the key's own signature over itself");
  }
  const transportPublicKey = hex(doc["transportPublicKey"], `${path}.transportPublicKey`, 32);
  return { id: keeperIdOf(blsPublicKey), blsPublicKey, proofOfPossession, transportPublicKey };
}

function readAccount(json: unknown, path: string): GenesisAccount {
  const doc = record(json, path, ["id", "balance"]);
  const id = parseAccountId(typeof doc["id"] === "string" ? doc["id"] : "");
  if (!id.ok) return refuse(`${path}.id`, doc["id"], "64 lower-case hex digits");
  return { id: id.value, balance: amount(doc["balance"], `${path}.balance`) };
}

function record(json: unknown, path: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return refuse(path, json, "an object");
  for (const key of Object.keys(json)) {
    if (!keys.includes(key))
      refuse(`${path}.${key}`, (json as Record<string, unknown>)[key], `only the keys ${keys.join(", ")}`);
  }
  return json as Record<string, unknown>;
}

function list(json: unknown, path: string, min: number, max: number): unknown[] {
  if (!Array.isArray(json) || json.length < min || json.length > max)
    return refuse(path, json, `a list of ${min} to ${max} entries`);
  return json;
}

function integer(json: unknown, path: string, min: number, max: number): number {
  if (typeof json !== "number" || !Number.isInteger(json) || json < min || json > max) {
    return refuse(path, json, `a whole number from ${min} to ${max}`);
  }
  return json;
}

function amount(json: unknown, path: string): bigint {
  if (typeof json !== "string" || !/^(0|[1-9][0-9]{0,18})$/.test(json))
    return refuse(path, json, "a decimal text of at most 19 digits");
  return BigInt(json);
}

function hex(json: unknown, path: string, length: number): Uint8Array {
  const bytes = typeof json === "string" ? fromHex(json) : null;
  if (bytes === null || bytes.length !== length) return refuse(path, json, `${length} bytes as hex digits`);
  return bytes;
}

function refuse(path: string, value: unknown, allowed: string): never {
  const shown = Array.isArray(value) ? `a list of ${value.length}` : value;
  throw new Refused({ code: "badGenesis", path, value: shown, allowed });
}
