import {
  type Genesis,
  genesisBlock,
  genesisFacts,
  genesisThreads,
  DEFAULT_SETTINGS,
  encodeBlockFacts,
  keeperIdOf,
  KeeperSet,
  networkIdOf,
  type BlockFacts,
  type ThreadRules,
} from "@sealwright/consensus";
import { type BlsSigningKey, Ed25519SecretKey } from "@sealwright/crypto";
import { fakeBls } from "@sealwright/crypto/testing";
import { accountIdOf, type Executor, ledgerExecutor, ledgerGenesisEntries } from "@sealwright/execution";
import type { ThreadGenesis } from "@sealwright/store";
import {
  type AccountId,
  type KeeperId,
  type NetworkId,
  type SealedBlock,
  sha256,
  type ThreadId,
  type ThreadsTable,
  threadsTableHash,
  unixMs,
  unwrap,
} from "@sealwright/types";

export interface ClusterThread {
  readonly rules: ThreadRules;
  readonly genesis: SealedBlock;
  readonly facts: BlockFacts;
  readonly record: ThreadGenesis;
}

export interface ClusterUser {
  readonly key: Ed25519SecretKey;
  readonly id: AccountId;
}

/** What all keepers of a simulated network agree on, and every secret of it. */
export interface ClusterGenesis {
  readonly networkId: NetworkId;
  readonly keepers: KeeperSet;
  readonly keys: ReadonlyMap<KeeperId, BlsSigningKey>;
  readonly threadsTable: ThreadsTable;
  readonly threads: readonly ClusterThread[];
  readonly executor: Executor;
  readonly users: readonly ClusterUser[];
  readonly settings: Genesis["settings"];
}

export const START_MS = 1_700_000_000_000;
const USERS = 6;
const BALANCE = 1_000_000n;

export function createClusterGenesis(keeperCount: number, threadCount: number): ClusterGenesis {
  const secrets = Array.from({ length: keeperCount }, (_, i) => sha256(Buffer.from(`cluster keeper ${i}`)));
  const signing = secrets.map((secret) => unwrap(fakeBls.secretKeyFromBytes(secret)));
  const members = signing.map((key) => ({
    id: keeperIdOf(key.publicKey()),
    blsPublicKey: key.publicKey(),
    transportPublicKey: sha256(key.publicKey()),
    proofOfPossession: new Uint8Array(96),
  }));
  const users = Array.from({ length: USERS }, (_, i) => {
    const key = unwrap(Ed25519SecretKey.fromSeed(sha256(Buffer.from(`cluster user ${i}`))));
    return { key, id: accountIdOf(key.publicKey()) };
  });
  const genesis: Genesis = {
    name: "cluster",
    createdAtMs: unixMs(START_MS),
    executor: "ledger",
    transferFee: 1n,
    threadCount,
    settings: DEFAULT_SETTINGS,
    keepers: members,
    accounts: users.map(({ id }) => ({ id, balance: BALANCE })),
  };
  const networkId = networkIdOf(genesis);
  const threadsTable = genesisThreads(genesis, networkId);
  const keepers = unwrap(KeeperSet.create(members));
  const executor = ledgerExecutor({ networkId, transferFee: genesis.transferFee });
  const threads = threadsTable.map(({ threadId }) =>
    openThread(genesis, threadId, { keepers, threadsTable, executor }),
  );
  const keys = new Map(members.map(({ id }, i) => [id, signing[i]!]));
  return { networkId, keepers, keys, threadsTable, threads, executor, users, settings: genesis.settings };
}

function openThread(
  genesis: Genesis,
  threadId: ThreadId,
  shared: { readonly keepers: KeeperSet; readonly threadsTable: ThreadsTable; readonly executor: Executor },
): ClusterThread {
  const { keepers, threadsTable, executor } = shared;
  const state = ledgerGenesisEntries(threadId, threadsTable, genesis.accounts);
  const block = genesisBlock(genesis, threadId, unwrap(executor.load(threadId, state)).root);
  const facts = genesisFacts(block);
  const networkId = networkIdOf(genesis);
  return {
    rules: { networkId, threadId, seed: block.id, keepers, threadsTableHash: threadsTableHash(threadsTable) },
    genesis: block,
    facts,
    record: { threadId, blockId: block.id, header: block.header, facts: encodeBlockFacts(facts), state },
  };
}
