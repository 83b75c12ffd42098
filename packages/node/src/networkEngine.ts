import { type Genesis, isCustomExecutor } from "@sealwright/consensus";
import {
  decodeLedgerAccount,
  type Executor,
  type ExecutorSource,
  ledgerExecutor,
  ledgerExecutorSource,
  ledgerGenesisEntries,
  nextNonce,
  TvmAccount,
  tvmExecutorSource,
  tvmGenesisEntries,
  tvmReader,
} from "@sealwright/execution";
import {
  assert,
  assertNever,
  type NetworkId,
  type StateChange,
  type ThreadId,
  type ThreadsTable,
} from "@sealwright/types";

/** What a person is shown of an account's value. */
export interface AccountSummary {
  /** In base units of the engine; 0 where it has no value. */
  readonly balance: bigint;
  /** The next one to use; null where the engine has no nonces. */
  readonly nonce: bigint | null;
}

/** The engine that a genesis document names, and what only that engine can tell. */
export interface NetworkEngine {
  /** For the main thread of this process: reads messages and loads states, executes nothing. */
  createReader(): Executor;
  /** How the worker of each thread makes its own. */
  readonly source: ExecutorSource;
  /** The whole state of a thread at height 0, such as `genesisEntries` of the execution package gives. */
  genesisEntries(threadId: ThreadId, table: ThreadsTable): StateChange[];
  /** @returns null when the bytes are no account of this engine */
  summarize(value: Uint8Array): AccountSummary | null;
}

/**
 * The engine of a network whose genesis document names one of its own (`custom:…`). Every keeper of the network must
 * bring the same: it has to be deterministic, and may depend on nothing but the document.
 */
export type BringEngine = (genesis: Genesis, networkId: NetworkId) => NetworkEngine;

/** @param bring asked where the document names an engine of its own, and only there; without it that is our caller's bug */
export function networkEngine(genesis: Genesis, networkId: NetworkId, bring?: BringEngine): NetworkEngine {
  const { executor, transferFee, accounts, createdAtMs } = genesis;
  if (isCustomExecutor(executor)) {
    assert(bring !== undefined, `whoever opens a keeper of this network brings the engine ${executor}`);
    return bring(genesis, networkId);
  }
  switch (executor) {
    case "ledger":
      return {
        createReader: () => ledgerExecutor({ networkId, transferFee }),
        source: ledgerExecutorSource({ networkId, transferFee }),
        genesisEntries: (threadId, table) => ledgerGenesisEntries(threadId, table, accounts),
        summarize: (value) => {
          const account = decodeLedgerAccount(value);
          return account === null ? null : { balance: account.balance, nonce: nextNonce(account.nonces) };
        },
      };
    case "tvm":
      return {
        createReader: () => tvmReader({ networkId }),
        source: tvmExecutorSource({ networkId }),
        genesisEntries: (threadId, table) => tvmGenesisEntries(threadId, table, accounts, createdAtMs),
        summarize: (value) => {
          const account = TvmAccount.decode(value);
          return account === null ? null : { balance: account.balance, nonce: null };
        },
      };
    default:
      return assertNever(executor);
  }
}
