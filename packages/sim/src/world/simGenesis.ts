import {
  DEFAULT_SETTINGS,
  type ExecutorKind,
  type Genesis,
  genesisBlock,
  genesisThreads,
  keeperIdOf,
  KeeperSet,
  networkIdOf,
  type Verification,
} from "@sealwright/consensus";
import { type BlsScheme, Ed25519SecretKey, provePossession } from "@sealwright/crypto";
import { accountIdOf, type Executor, tvmExecutor } from "@sealwright/execution";
import { networkEngine } from "@sealwright/node";
import {
  type AccountId,
  type KeeperId,
  type NetworkId,
  type SealedBlock,
  sha256,
  type StateChange,
  type ThreadId,
  type ThreadsTable,
  unixMs,
  unwrap,
} from "@sealwright/types";
import { walletIdOf } from "./simWallet.js";

export interface SimUser {
  readonly key: Ed25519SecretKey;
  readonly id: AccountId;
}

/** What all keepers of a simulated network agree on, and every secret of it. */
export interface SimGenesis {
  readonly genesis: Genesis & { readonly executor: ExecutorKind };
  readonly networkId: NetworkId;
  readonly keepers: KeeperSet;
  readonly table: ThreadsTable;
  /** Reads messages, and executes them where that takes no machine. */
  readonly reader: Executor;
  /** Executes, for all keepers of a run: it keeps nothing between two calls. */
  openExecutor(): Promise<Executor>;
  readonly secrets: ReadonlyMap<KeeperId, Uint8Array>;
  readonly users: readonly SimUser[];
  readonly blocks: readonly SealedBlock[];
  /** What each thread's accounts hold at first. */
  readonly balances: ReadonlyMap<ThreadId, bigint>;
  readonly entries: ReadonlyMap<ThreadId, readonly StateChange[]>;
}

export const START_UNIX_MS = 1_700_000_000_000;
const USERS = { ledger: 4, tvm: 6 } as const satisfies Record<ExecutorKind, number>;
/** The wallets have a thousand coins each: more than a run spends. */
const BALANCE = { ledger: 1_000_000n, tvm: 1_000_000_000_000n } as const satisfies Record<ExecutorKind, bigint>;

export function createSimGenesis(options: {
  readonly keepers: number;
  readonly threads: number;
  readonly executor: ExecutorKind;
  readonly scheme: BlsScheme;
  readonly verification: Verification;
}): SimGenesis {
  const { scheme, executor: kind } = options;
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
  const users = Array.from({ length: USERS[kind] }, (_, i) => {
    const key = unwrap(Ed25519SecretKey.fromSeed(secretOf(`user ${i}`)));
    return { key, id: kind === "tvm" ? walletIdOf(key) : accountIdOf(key.publicKey()) };
  });
  const genesis: SimGenesis["genesis"] = {
    name: "simulation",
    createdAtMs: unixMs(START_UNIX_MS),
    executor: kind,
    transferFee: 1n,
    threadCount: options.threads,
    settings: { ...DEFAULT_SETTINGS, verification: options.verification },
    keepers: members,
    accounts: users.map(({ id }) => ({ id, balance: BALANCE[kind] })),
  };
  const networkId = networkIdOf(genesis);
  const table = genesisThreads(genesis, networkId);
  const engine = networkEngine(genesis, networkId);
  const reader = engine.createReader();
  const entries = new Map(table.map(({ threadId }) => [threadId, engine.genesisEntries(threadId, table)]));
  const states = table.map(({ threadId }) => unwrap(reader.load(threadId, entries.get(threadId)!)));
  const executor = kind === "tvm" ? tvmExecutor({ networkId }) : Promise.resolve(reader);
  return {
    genesis,
    networkId,
    keepers: unwrap(KeeperSet.create(members)),
    table,
    reader,
    openExecutor: () => executor,
    secrets: new Map(members.map(({ id }, i) => [id, secrets[i]!])),
    users,
    blocks: table.map(({ threadId }, i) => genesisBlock(genesis, threadId, states[i]!.root)),
    balances: new Map(table.map(({ threadId }, i) => [threadId, states[i]!.totals.balances])),
    entries,
  };
}

/** Real BLS takes only secrets below the group's order, which begins with 0x73. */
function secretOf(name: string): Uint8Array {
  const secret = sha256(Buffer.from(`simulated ${name}`));
  secret[0] = 0x01;
  return secret;
}
