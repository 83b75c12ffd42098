import { type AccountId, assert, type StateChange, type ThreadId, type ThreadsTable } from "@sealwright/types";
import { genesisEntries } from "../genesisEntries.js";
import { encodeLedgerAccount } from "./account.js";
import { UNUSED_NONCES } from "./nonceWindow.js";

/** An account that exists from the start. */
export interface GenesisAccount {
  readonly id: AccountId;
  /** Base units; all accounts of all threads together at most 2^64 - 1. */
  readonly balance: bigint;
}

/** One thread's entries at genesis: its share of all accounts. Hand in the accounts of all threads. */
export function ledgerGenesisEntries(
  threadId: ThreadId,
  threadsTable: ThreadsTable,
  accounts: readonly GenesisAccount[],
): StateChange[] {
  const supply = accounts.reduce((sum, { balance }) => sum + balance, 0n);
  assert(supply <= 0xffff_ffff_ffff_ffffn, "the supply of all threads fits 64 bits, so that no balance can overflow");
  const encoded = accounts.map(({ id, balance }) => ({
    id,
    balance,
    value: encodeLedgerAccount({ balance, nonces: UNUSED_NONCES }),
  }));
  return genesisEntries(threadId, threadsTable, encoded);
}
