import { err, fromHex, limits, ok, parseAccountId, type Result, THREADS_MAX, toHex, unixMs } from "@sealwright/types";
import { SHARE_STATE_INTERVAL } from "./deriveFacts.js";
import {
  EXECUTOR_KINDS,
  GENESIS_VERSION,
  isCustomExecutor,
  type Genesis,
  type GenesisAccount,
  type GenesisKeeper,
} from "./genesis.js";
import { keeperIdOf } from "./keeperSet.js";
import { ALL_VERIFY_UP_TO, type Verification } from "./verification/verification.js";
import { SWITCH_BASE_MS } from "./switch/switchTimeout.js";
import { DEFAULT_SETTINGS, type ProtocolSettings } from "./protocolSettings.js";

/** Where a genesis document is wrong, what stands there, and what may. */
export interface GenesisError {
  readonly code: "badGenesis";
  readonly path: string;
  readonly value: unknown;
  readonly allowed: string;
}

/** Path of the document itself. */
const DOCUMENT = "genesis";
const ACCOUNTS_MAX = 1_000_000;
const NAME_MAX = 64;
/** All balances together stay a 64-bit number wherever they go. */
const SUPPLY_MAX = 2n ** 64n - 1n;
/** A thread needs two blocks to show progress after its first one; who waits for that suspects its producer (S1). */
const IDLE_TICK_MS_MAX = SWITCH_BASE_MS / 2;
/** Longer than a producer is given, nobody would wait. */
const VERIFY_WINDOW_MS_MAX = SWITCH_BASE_MS / 2;
/** An error shows this much of a wrong text. */
const SHOWN_MAX = 200;

/** Whether a proof of possession is the key's own signature over itself: `verifyPossession` of the crypto package. */
export type CheckPossession = (publicKey: Uint8Array, proof: Uint8Array) => boolean;

/** Leaves the parser at the first fault; turned into a `GenesisError` where it entered. */
class Refused extends Error {
  constructor(readonly error: GenesisError) {
    super(error.path);
  }
}

/** The document as `parseGenesis` reads it: amounts as decimal texts, bytes as hex. */
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
export function parseGenesis(json: unknown, checkPossession: CheckPossession): Result<Genesis, GenesisError> {
  try {
    return ok(readGenesis(json, checkPossession));
  } catch (error) {
    if (error instanceof Refused) return err(error.error);
    throw error;
  }
}

function readGenesis(json: unknown, checkPossession: CheckPossession): Genesis {
  const doc = record(json, DOCUMENT, [
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
  const name = doc["name"];
  // Control characters would reach terminals, half surrogates would share their UTF-8 form and so the network id.
  if (typeof name !== "string" || name.length === 0 || name.length > NAME_MAX || /[\p{Cc}\p{Cs}]/u.test(name))
    return refuse("name", name, `a text of 1 to ${NAME_MAX} printable characters`);
  const createdAtMs = unixMs(integer(doc["createdAtMs"], "createdAtMs", 0, Number.MAX_SAFE_INTEGER));
  const executor = executorOf(doc["executor"]);
  const transferFee = amount(doc["transferFee"], "transferFee");
  const threadCount = integer(doc["threads"], "threads", 1, THREADS_MAX);
  const settings = readSettings(doc["settings"]);
  const keepers = readKeepers(doc["keepers"], checkPossession);
  refuseSmallLottery(settings.verification, keepers.length);
  return {
    name,
    createdAtMs,
    executor,
    transferFee,
    threadCount,
    settings,
    keepers,
    accounts: readAccounts(doc["accounts"]),
  };
}

function executorOf(json: unknown): Genesis["executor"] {
  const known = EXECUTOR_KINDS.find((kind) => kind === json);
  if (known !== undefined) return known;
  if (typeof json === "string" && isCustomExecutor(json)) return json;
  const kinds = EXECUTOR_KINDS.map((kind) => JSON.stringify(kind)).join(", ");
  return refuse("executor", json, `${kinds}, or "custom:" and a name of 1 to 32 of a to z, 0 to 9 and "-"`);
}

function readKeepers(json: unknown, checkPossession: CheckPossession): GenesisKeeper[] {
  const taken = new Set<string>();
  return list(json, "keepers", 1, limits.KEEPERS_MAX).map((item, i) => {
    const path = `keepers[${i}]`;
    const keeper = readKeeper(item, path, checkPossession);
    for (const field of ["blsPublicKey", "transportPublicKey"] as const) {
      const key = `${field} ${toHex(keeper[field])}`;
      if (taken.has(key)) refuse(`${path}.${field}`, toHex(keeper[field]), "a key that no keeper before it has");
      taken.add(key);
    }
    return keeper;
  });
}

function readAccounts(json: unknown): GenesisAccount[] {
  const taken = new Set<string>();
  let supply = 0n;
  return list(json, "accounts", 0, ACCOUNTS_MAX).map((item, i) => {
    const account = readAccount(item, `accounts[${i}]`);
    if (taken.has(account.id)) refuse(`accounts[${i}].id`, account.id, "an id that no account before it has");
    taken.add(account.id);
    supply += account.balance;
    if (supply > SUPPLY_MAX) {
      const allowed = `balances that add up to at most ${SUPPLY_MAX}`;
      refuse(`accounts[${i}].balance`, account.balance.toString(), allowed);
    }
    return account;
  });
}

function readSettings(json: unknown): ProtocolSettings {
  const doc = record(json, "settings", Object.keys(DEFAULT_SETTINGS));
  const productionTimeoutMs = integer(doc["productionTimeoutMs"], "settings.productionTimeoutMs", 10, IDLE_TICK_MS_MAX);
  const gasPerBlockMax = amount(doc["gasPerBlockMax"], "settings.gasPerBlockMax");
  if (gasPerBlockMax === 0n) refuse("settings.gasPerBlockMax", "0", "more than 0, or no block holds a message");
  return {
    productionTimeoutMs,
    // Blocks under load follow each other no slower than those of an idle thread.
    minBlockIntervalMs: integer(doc["minBlockIntervalMs"], "settings.minBlockIntervalMs", 1, productionTimeoutMs),
    gasPerBlockMax,
    externalsPerBlockMax: integer(
      doc["externalsPerBlockMax"],
      "settings.externalsPerBlockMax",
      1,
      limits.EXTERNALS_PER_BLOCK_MAX,
    ),
    timeAheadMaxMs: integer(doc["timeAheadMaxMs"], "settings.timeAheadMaxMs", 1, 60_000),
    shareStateEvery: integer(
      doc["shareStateEvery"],
      "settings.shareStateEvery",
      Number(SHARE_STATE_INTERVAL),
      1_000_000_000,
    ),
    verification: readVerification(doc["verification"]),
  };
}

/** A document without it is older than the lottery: there all keepers verify. */
function readVerification(json: unknown): Verification {
  if (json === undefined || json === "all") return "all";
  const path = "settings.verification";
  if (typeof json !== "object") return refuse(path, json, '"all" or an object with the key lottery');
  const lotteryPath = `${path}.lottery`;
  const doc = record(record(json, path, ["lottery"])["lottery"], lotteryPath, [
    "verifyWindowMs",
    "unsafeVerifiersForTests",
  ]);
  const verifiers = doc["unsafeVerifiersForTests"] ?? null;
  return {
    lottery: {
      verifyWindowMs: integer(doc["verifyWindowMs"], `${lotteryPath}.verifyWindowMs`, 1, VERIFY_WINDOW_MS_MAX),
      unsafeVerifiersForTests:
        verifiers === null ? null : integer(verifiers, `${lotteryPath}.unsafeVerifiersForTests`, 1, limits.KEEPERS_MAX),
    },
  };
}

function refuseSmallLottery(verification: Verification, keepers: number): void {
  if (verification === "all" || keepers > ALL_VERIFY_UP_TO) return;
  if (verification.lottery.unsafeVerifiersForTests !== null) return;
  refuse(
    "settings.verification",
    verification,
    `"all" with ${keepers} keepers: a lottery takes more than ${ALL_VERIFY_UP_TO}`,
  );
}

function readKeeper(json: unknown, path: string, checkPossession: CheckPossession): GenesisKeeper {
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
      refuse(
        `${path === DOCUMENT ? "" : `${path}.`}${key.slice(0, SHOWN_MAX)}`,
        (json as Record<string, unknown>)[key],
        `only the keys ${keys.join(", ")}`,
      );
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
  throw new Refused({ code: "badGenesis", path, value: shown(value), allowed });
}

/** A wrong document may be of any size; an error about it is not. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? value.slice(0, SHOWN_MAX) : value;
}
