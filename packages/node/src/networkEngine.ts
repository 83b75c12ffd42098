import type { Genesis } from "@sealwright/consensus";
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
import { assertNever, type NetworkId, type StateChange, type ThreadId, type ThreadsTable } from "@sealwright/types";

/** What a person is shown of an account's value. */
export interface AccountSummary {
  readonly balance: bigint;
  /** The next one to use; null where the engine has no nonces. */
  readonly nonce: bigint | null;
}

/** The engine that a genesis document names, and what only that engine can tell. */
export interface NetworkEngine {
  /** For this thread: reads messages and loads states, executes nothing. */
  createReader(): Executor;
  /** How a worker makes its own. */
  readonly source: ExecutorSource;
  genesisEntries(threadId: ThreadId, table: ThreadsTable): StateChange[];
  /** @returns null when the bytes are no account of this engine */
  summarize(value: Uint8Array): AccountSummary | null;
}

export function networkEngine(genesis: Genesis, networkId: NetworkId): NetworkEngine {
  const { executor, transferFee, accounts, createdAtMs } = genesis;
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
