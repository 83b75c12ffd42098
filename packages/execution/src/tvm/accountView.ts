import { type BocView, ShortCellError } from "./bocView.js";
import { type ContractCells, readContractCells } from "./stateInit.js";

/** What is needed of a shard account, which is an account with the place of its last transaction. */
export interface ShardAccountView {
  readonly lastTransaction: { readonly lt: bigint; readonly hash: Uint8Array };
  /** Null when it does not exist. */
  readonly account: TvmAccountView | null;
}

/** An account as its cells say it, not unfolded further than needed. */
export interface TvmAccountView {
  /** The account without its last transaction. */
  readonly cell: number;
  /** Nanotons. */
  readonly balance: bigint;
  readonly state: TvmAccountState;
}

/** Whether it has code to run; `uninitialized` may have money all the same. */
export type TvmAccountState =
  | { readonly type: "uninitialized" }
  | ({ readonly type: "active" } & ContractCells)
  /** Of what it was, only the hash is left. */
  | { readonly type: "frozen"; readonly hash: Uint8Array };

const LAST_LT_BITS = 64;
const LAST_PAID_BITS = 32;
const HASH_BYTES = 32;

/**
 * Never unfolds a dictionary: state comes from other nodes, too (see `readContractCells`).
 * @throws ShortCellError when the bag is no shard account
 */
export function viewShardAccount(boc: BocView): ShardAccountView {
  const shard = boc.slice(boc.root);
  const cell = shard.ref();
  const hash = shard.raw(HASH_BYTES);
  const lt = shard.big(64);
  return { lastTransaction: { lt, hash }, account: boc.isExotic(cell) ? null : readAccount(boc, cell) };
}

function readAccount(boc: BocView, cell: number): TvmAccountView | null {
  const slice = boc.slice(cell);
  if (!slice.bit()) return null;
  slice.address();
  // Cells and bits that it uses.
  slice.varUint(3);
  slice.varUint(3);
  const extra = slice.uint(3);
  if (extra > 1) throw new ShortCellError();
  if (extra === 1) slice.skip(HASH_BYTES * 8);
  slice.skip(LAST_PAID_BITS);
  // What it owes.
  if (slice.bit()) slice.coins();
  slice.skip(LAST_LT_BITS);
  const balance = slice.coins();
  slice.maybeRef();
  if (slice.bit()) return { cell, balance, state: { type: "active", ...readContractCells(slice) } };
  if (slice.bit()) return { cell, balance, state: { type: "frozen", hash: slice.raw(HASH_BYTES) } };
  return { cell, balance, state: { type: "uninitialized" } };
}
