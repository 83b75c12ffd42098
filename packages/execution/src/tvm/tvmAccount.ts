import { beginCell, type Cell, type ShardAccount, storeShardAccount } from "@ton/core";
import { assert } from "@sealwright/types";
import { type TvmAccountView, viewShardAccount } from "./accountView.js";
import { MADE_BAG, readBag, writeCell } from "./bagOfCells.js";
import { isBareAccount, textWithoutId } from "./bareAccount.js";
import { type BocView, ShortCellError } from "./bocView.js";

/** The code and data of a contract. */
export interface ContractState {
  readonly code: Cell | null;
  readonly data: Cell | null;
}

/** An account in its bag of cells; null for one that does not exist. */
type Viewed = { readonly boc: BocView; readonly account: TvmAccountView } | null;

/**
 * An account as the virtual machine keeps it: the bag of cells of a shard account, which is the account with the place of
 * its last transaction. Immutable; read only when somebody asks what is in it, because executing does not.
 */
export class TvmAccount {
  #view: Viewed | undefined = undefined;

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
    return this.#read()?.account.balance ?? 0n;
  }

  /** Null when no contract stands at the address. */
  get contract(): ContractState | null {
    const viewed = this.#read();
    if (viewed === null || viewed.account.state.type !== "active") return null;
    const { code, data } = viewed.account.state;
    const cellOf = (cell: number | null): Cell | null => (cell === null ? null : viewed.boc.toCell(cell));
    return { code: cellOf(code), data: cellOf(data) };
  }

  #read(): Viewed {
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
const bareViews = new Map<string, Viewed>();
const BARE_VIEWS_MAX = 16;

/** @returns undefined when the bytes are no shard account */
function viewAccount(bytes: Uint8Array): Viewed | undefined {
  if (!isBareAccount(bytes)) return readAccount(bytes);
  const text = textWithoutId(bytes);
  const known = bareViews.get(text);
  if (known !== undefined) return known;
  const view = readAccount(bytes);
  // One with a contract has cells below it, so it is never taken for another.
  if (view == null || view.account.state.type === "active") return view;
  if (bareViews.size >= BARE_VIEWS_MAX) bareViews.clear();
  bareViews.set(text, view);
  return view;
}

function readAccount(bytes: Uint8Array): Viewed | undefined {
  const boc = readBag(bytes, MADE_BAG);
  if (boc === null) return undefined;
  try {
    const { account } = viewShardAccount(boc);
    return account === null ? null : { boc, account };
  } catch (error) {
    if (error instanceof ShortCellError) return undefined;
    throw error;
  }
}
