import { readFile } from "node:fs/promises";
import { Ed25519SecretKey } from "@sealwright/crypto";
import type { TestWallet } from "@sealwright/devnet";
import { accountIdOf } from "@sealwright/execution";
import { readSecretFile, type TestAccount, type TestAccountsFile } from "@sealwright/node";
import { type AccountId, fromHex, parseAccountId } from "@sealwright/types";
import { CliError } from "../cliError.js";
import { EXIT } from "../exitCodes.js";
import { whyUnreadable } from "../output/fileFault.js";

/** Who sends: an account whose key is at hand. */
export interface Sender {
  readonly id: AccountId;
  readonly name: string;
  readonly key: Ed25519SecretKey;
}

/** Who has money, by the network's engine. */
export type Funded =
  | { readonly type: "ledger"; readonly accounts: readonly TestAccount[] }
  | { readonly type: "tvm"; readonly wallets: readonly TestWallet[] };

/** A ledger network's file names itself; a TVM network's is a list of wallets. */
export async function readFunded(path: string): Promise<Funded> {
  try {
    const file = JSON.parse(await readFile(path, "utf8")) as Partial<TestAccountsFile> | readonly TestWallet[];
    if (Array.isArray(file)) return { type: "tvm", wallets: file as readonly TestWallet[] };
    const { sealwright, accounts } = file as Partial<TestAccountsFile>;
    if (sealwright === "test accounts" && accounts !== undefined) return { type: "ledger", accounts };
  } catch (cause) {
    throw new CliError(
      EXIT.usage,
      "accountsUnreadable",
      `${path} cannot be read: ${whyUnreadable(cause)}`,
      "name another with --accounts",
      { cause },
    );
  }
  throw new CliError(
    EXIT.usage,
    "accountsUnreadable",
    `${path} is no file of test accounts`,
    "name another with --accounts",
  );
}

/** By its name (account-3), its number (3) or its id. */
export function findAccount(accounts: readonly TestAccount[], text: string): TestAccount | null {
  return accounts.find(({ name, id }) => name === text || name === `account-${text}` || id === text) ?? null;
}

export function senderOf(account: TestAccount): Sender {
  return { id: account.id, name: account.name, key: keyOf(account.seed, account.name) };
}

/** An account's own key file, as `sealwright keys new --kind account` makes it. */
export async function readAccountKey(path: string): Promise<Sender> {
  const text = await readSecretFile(path);
  if (!text.ok) throw new CliError(EXIT.usage, text.error.code, `key file ${path}: ${text.error.message}`);
  let json: Partial<Record<string, unknown>> = {};
  try {
    json = JSON.parse(text.value) as typeof json;
  } catch {
    // Said below.
  }
  const { seed } = json;
  if (json["sealwright"] !== ACCOUNT_KEY_KIND || typeof seed !== "string") {
    throw new CliError(
      EXIT.usage,
      "badKeyFile",
      `${path} is no account key`,
      "sealwright keys new --kind account makes one",
    );
  }
  const key = keyOf(seed, path);
  return { id: accountIdOf(key.publicKey()), name: path, key };
}

export const ACCOUNT_KEY_KIND = "account key";

export function receiverOf(accounts: readonly TestAccount[], text: string): AccountId {
  const known = findAccount(accounts, text);
  if (known !== null) return known.id;
  const id = parseAccountId(text);
  if (id.ok) return id.value;
  const advice =
    accounts.length === 0
      ? "allowed: an account id, 64 hex digits"
      : "allowed: an account id, 64 hex digits, or a name such as account-1";
  throw new CliError(EXIT.usage, "unknownAccount", `no account ${JSON.stringify(text)}`, advice);
}

function keyOf(seed: string, where: string): Ed25519SecretKey {
  const bytes = fromHex(seed);
  const key = bytes === null ? null : Ed25519SecretKey.fromSeed(bytes);
  if (key?.ok === true) return key.value;
  throw new CliError(EXIT.usage, "badKeyFile", `the seed of ${where} is not 32 bytes as hex digits`);
}
