import {
  DEFAULT_SETTINGS,
  type Genesis,
  genesisBlock,
  genesisThreads,
  keeperIdOf,
  KeeperSet,
  networkIdOf,
  type Verification,
} from "@sealwright/consensus";
import { type BlsScheme, Ed25519SecretKey, provePossession } from "@sealwright/crypto";
import { accountIdOf, type Executor, ledgerExecutor, ledgerGenesisEntries } from "@sealwright/execution";
import {
  type AccountId,
  type KeeperId,
  type NetworkId,
  type SealedBlock,
  sha256,
  type ThreadId,
  type ThreadsTable,
  unixMs,
  unwrap,
} from "@sealwright/types";

export interface SimUser {
  readonly key: Ed25519SecretKey;
  readonly id: AccountId;
}

/** What all keepers of a simulated network agree on, and every secret of it. */
export interface SimGenesis {
  readonly genesis: Genesis;
  readonly networkId: NetworkId;
  readonly keepers: KeeperSet;
  readonly table: ThreadsTable;
  readonly executor: Executor;
  readonly secrets: ReadonlyMap<KeeperId, Uint8Array>;
  readonly users: readonly SimUser[];
  readonly blocks: readonly SealedBlock[];
  /** What each thread's accounts hold at first. */
  readonly balances: ReadonlyMap<ThreadId, bigint>;
}

export const START_UNIX_MS = 1_700_000_000_000;
const USERS = 4;
const BALANCE = 1_000_000n;

export function createSimGenesis(options: {
  readonly keepers: number;
  readonly threads: number;
  readonly scheme: BlsScheme;
  readonly verification: Verification;
}): SimGenesis {
  const { scheme } = options;
  const secrets = Array.from({ length: options.keepers }, (_, i) => secretOf(`keeper ${i}`));
  const members = secrets.map((secret) => {
    const key = unwrap(scheme.secretKeyFromBytes(secret));
    const publicKey = key.publicKey();
    return {
      id: keeperIdOf(publicKey),
      blsPublicKey: publicKey,
      transportPublicKey: sha256(publicKey),
      proofOfPossession: provePossession(key),
    };
  });
  const users = Array.from({ length: USERS }, (_, i) => {
    const key = unwrap(Ed25519SecretKey.fromSeed(secretOf(`user ${i}`)));
    return { key, id: accountIdOf(key.publicKey()) };
  });
  const genesis: Genesis = {
    name: "simulation",
    createdAtMs: unixMs(START_UNIX_MS),
    executor: "ledger",
    transferFee: 1n,
    threadCount: options.threads,
    settings: { ...DEFAULT_SETTINGS, verification: options.verification },
    keepers: members,
    accounts: users.map(({ id }) => ({ id, balance: BALANCE })),
  };
  const networkId = networkIdOf(genesis);
  const table = genesisThreads(genesis, networkId);
  const executor = ledgerExecutor({ networkId, transferFee: genesis.transferFee });
  const states = table.map(({ threadId }) =>
    unwrap(executor.load(threadId, ledgerGenesisEntries(threadId, table, genesis.accounts))),
  );
  return {
    genesis,
    networkId,
    keepers: unwrap(KeeperSet.create(members)),
    table,
    executor,
    secrets: new Map(members.map(({ id }, i) => [id, secrets[i]!])),
    users,
    blocks: table.map(({ threadId }, i) => genesisBlock(genesis, threadId, states[i]!.root)),
    balances: new Map(table.map(({ threadId }, i) => [threadId, states[i]!.totals.balances])),
  };
}

/** Real BLS takes only secrets below the group's order, which begins with 0x73. */
function secretOf(name: string): Uint8Array {
  const secret = sha256(Buffer.from(`simulated ${name}`));
  secret[0] = 0x01;
  return secret;
}
