import { beginCell, type Cell, loadStorageInfo, type ShardAccount, storeShardAccount } from "@ton/core";
import { assert } from "@sealwright/types";
import { MADE_DEPTH_MAX, readCell, writeCell } from "./bagOfCells.js";
import { isBareAccount, textWithoutId } from "./bareAccount.js";
import { type ContractState, loadContractState } from "./stateInit.js";

/** What is needed of a shard account; null for an account that does not exist. */
type AccountView = { readonly balance: bigint; readonly contract: ContractState | null } | null;

/**
 * An account as the virtual machine keeps it: the bag of cells of a shard account, which is the account with the place of
 * its last transaction. Immutable; read only when somebody asks what is in it, because executing does not.
 */
export class TvmAccount {
  #view: AccountView | undefined = undefined;

  /** @param bytes checked before, or from the emulator */
  constructor(readonly bytes: Uint8Array) {}

  /** @returns null when the bytes are no account */
  static decode(bytes: Uint8Array): TvmAccount | null {
    const view = viewAccount(bytes);
    if (view == null) return null;
    const account = new TvmAccount(bytes);
    account.#view = view;
    return account;
  }

  static fromShardAccount(account: ShardAccount): TvmAccount {
    return new TvmAccount(writeCell(beginCell().store(storeShardAccount(account)).endCell()));
  }

  /** Of the bag of cells. */
  get base64(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString("base64");
  }

  /** Nanotons. */
  get balance(): bigint {
    return this.#read()?.balance ?? 0n;
  }

  /** Null when no contract stands at the address. */
  get contract(): ContractState | null {
    return this.#read()?.contract ?? null;
  }

  #read(): AccountView {
    if (this.#view === undefined) this.#view = viewAccount(this.bytes);
    assert(this.#view !== undefined, "an account's bytes are checked where they come from");
    return this.#view;
  }
}

/** Base64 of the shard account of an account that does not exist. */
export const NO_ACCOUNT = Buffer.from(
  writeCell(
    beginCell()
      .store(storeShardAccount({ account: null, lastTransactionHash: 0n, lastTransactionLt: 0n }))
      .endCell(),
  ),
).toString("base64");

/** Of bare accounts by all but their id: most accounts of a new network are alike. Bounded, as they come from others too. */
const bareViews = new Map<string, AccountView>();
const BARE_VIEWS_MAX = 16;

/** @returns undefined when the bytes are no shard account */
function viewAccount(bytes: Uint8Array): AccountView | undefined {
  if (!isBareAccount(bytes)) return readAccount(bytes);
  const text = textWithoutId(bytes);
  const known = bareViews.get(text);
  if (known !== undefined) return known;
  const view = readAccount(bytes);
  // One with a contract has cells below it, so it is never taken for another.
  if (view?.contract !== null) return view;
  if (bareViews.size >= BARE_VIEWS_MAX) bareViews.clear();
  bareViews.set(text, view);
  return view;
}

/** Never unfolds a dictionary: state comes from other nodes, too (see `loadContractState`). */
function readAccount(bytes: Uint8Array): AccountView | undefined {
  const cell = readCell(bytes, MADE_DEPTH_MAX);
  if (cell === null) return undefined;
  try {
    // The library throws where a cell ends early: here it becomes an answer.
    return loadShardAccount(cell);
  } catch {
    return undefined;
  }
}

const LAST_TRANSACTION_BITS = 256 + 64;
const LAST_LT_BITS = 64;
const STATE_HASH_BITS = 256;

function loadShardAccount(cell: Cell): AccountView {
  const shard = cell.beginParse();
  const account = shard.loadRef();
  shard.skip(LAST_TRANSACTION_BITS);
  if (account.isExotic) return null;
  const slice = account.beginParse();
  if (!slice.loadBit()) return null;
  slice.loadAddress();
  loadStorageInfo(slice);
  slice.skip(LAST_LT_BITS);
  const balance = slice.loadCoins();
  slice.loadMaybeRef();
  if (slice.loadBit()) return { balance, contract: loadContractState(slice) };
  if (slice.loadBit()) slice.skip(STATE_HASH_BITS);
  return { balance, contract: null };
}
