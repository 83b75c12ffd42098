import { genesisThreads, type Genesis, networkIdOf } from "@sealwright/consensus";
import { Ed25519SecretKey } from "@sealwright/crypto";
import { accountIdOf } from "@sealwright/execution";
import { type AccountId, type Random, threadIndexOf, threadOf, toHex, unwrap } from "@sealwright/types";

const SEED_BYTES = 32;

/** A funded account whose secret everybody may know. */
export interface TestAccount {
  readonly name: string;
  readonly id: AccountId;
  /** Index of the thread it belongs to. */
  readonly thread: number;
  readonly publicKey: string;
  /** Ed25519 seed, 64 hex digits. */
  readonly seed: string;
  /** At genesis, base units. */
  readonly balance: string;
}

/** The content of accounts.json. */
export interface TestAccountsFile {
  readonly sealwright: "test accounts";
  readonly version: 1;
  readonly note: string;
  readonly networkId: string;
  readonly accounts: readonly TestAccount[];
}

export interface AccountKey {
  readonly id: AccountId;
  readonly key: Ed25519SecretKey;
}

export function createAccountKeys(count: number, { random }: { readonly random: Random }): AccountKey[] {
  return Array.from({ length: count }, () => {
    const key = unwrap(Ed25519SecretKey.fromSeed(random.bytes(SEED_BYTES)));
    return { id: accountIdOf(key.publicKey()), key };
  });
}

export function testAccountsFile(genesis: Genesis, keys: readonly AccountKey[], balance: bigint): TestAccountsFile {
  const networkId = networkIdOf(genesis);
  const table = genesisThreads(genesis, networkId);
  return {
    sealwright: "test accounts",
    version: 1,
    note: "Funded at genesis, for trying things out. The seeds are no secret: never use these accounts for anything of value.",
    networkId,
    accounts: keys.map(({ id, key }, index) => ({
      name: `account-${index}`,
      id,
      thread: threadIndexOf(threadOf(table, id)),
      publicKey: toHex(key.publicKey()),
      seed: toHex(key.toSeed()),
      balance: balance.toString(),
    })),
  };
}
