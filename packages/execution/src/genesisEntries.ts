import { type AccountId, type StateChange, type ThreadId, threadOf, type ThreadsTable } from "@sealwright/types";
import { accountKey, TOTALS_KEY } from "./state/entryKeys.js";
import { encodeTotals, ZERO_TOTALS } from "./state/totals.js";

/** An account as it is before the first block. */
export interface EncodedAccount {
  readonly id: AccountId;
  /** As `encodeAccount` of the engine writes it. */
  readonly value: Uint8Array;
  /** What it adds to the balances of its thread, in base units; 0 in an engine without value. */
  readonly balance: bigint;
}

/**
 * One thread's entries at genesis, for any engine: what `Executor.load` takes and a state's root follows from.
 * @param accounts of all threads, each once; those of other threads are left out
 */
export function genesisEntries(
  threadId: ThreadId,
  threadsTable: ThreadsTable,
  accounts: readonly EncodedAccount[],
): StateChange[] {
  const own = accounts.filter(({ id }) => threadOf(threadsTable, id) === threadId);
  const balances = own.reduce((sum, { balance }) => sum + balance, 0n);
  return [
    ...own.map(({ id, value }) => ({ key: accountKey(id), value })),
    { key: TOTALS_KEY, value: encodeTotals({ ...ZERO_TOTALS, balances }) },
  ];
}
