import {
  type AccountId,
  idBytes,
  type StateChange,
  type ThreadId,
  threadOf,
  type ThreadsTable,
  type UnixMs,
} from "@sealwright/types";
import { accountKey, TOTALS_KEY } from "../state/entryKeys.js";
import { encodeTotals, ZERO_TOTALS } from "../state/totals.js";
import { withId } from "./bareAccount.js";
import { TvmAccount } from "./tvmAccount.js";
import { addressOf } from "./tvmAddress.js";

/** An account with money at genesis. */
export interface TvmGenesisAccount {
  readonly id: AccountId;
  /** Nanotons. */
  readonly balance: bigint;
}

/**
 * One thread's entries at genesis: its share of all accounts, each with money and without code. Whoever has the code and
 * the key that an address is the hash of brings the code with the first message, as on TON.
 * @param createdAtMs from then on accounts pay for their storage
 */
export function tvmGenesisEntries(
  threadId: ThreadId,
  threadsTable: ThreadsTable,
  accounts: readonly TvmGenesisAccount[],
  createdAtMs: UnixMs,
): StateChange[] {
  const own = accounts.filter(({ id }) => threadOf(threadsTable, id) === threadId);
  const balances = own.reduce((sum, { balance }) => sum + balance, 0n);
  const withBalance = new Map<bigint, Uint8Array>();
  const fundedAccount = ({ id, balance }: TvmGenesisAccount): Uint8Array => {
    const alike = withBalance.get(balance) ?? accountWith(id, balance, createdAtMs);
    withBalance.set(balance, alike);
    return withId(alike, idBytes(id));
  };
  return [
    ...own.map((account) => ({ key: accountKey(account.id), value: fundedAccount(account) })),
    { key: TOTALS_KEY, value: encodeTotals({ ...ZERO_TOTALS, balances }) },
  ];
}

/** Cell and bits of an account without code, as the virtual machine counts them. */
const FUNDED_CELLS = 1n;
const FUNDED_BITS = 103n;

function accountWith(id: AccountId, balance: bigint, createdAtMs: UnixMs): Uint8Array {
  const account = {
    addr: addressOf(id),
    storageStats: {
      used: { cells: FUNDED_CELLS, bits: FUNDED_BITS },
      storageExtra: null,
      lastPaid: Math.floor(createdAtMs / 1_000),
      duePayment: null,
    },
    storage: { lastTransLt: 0n, balance: { coins: balance }, state: { type: "uninit" as const } },
  };
  return TvmAccount.fromShardAccount({ account, lastTransactionHash: 0n, lastTransactionLt: 0n }).bytes;
}
