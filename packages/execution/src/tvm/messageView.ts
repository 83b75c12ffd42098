import type { Address, Cell, Slice } from "@ton/core";
import { loadContractState } from "./stateInit.js";

/** What is needed of a message of TON. */
export type MessageView = ExternalView | InternalView | OutwardView;

/** From outside of the network to an account. */
export interface ExternalView {
  readonly type: "external";
  readonly dest: Address;
}

/** From one account to another. */
export interface InternalView {
  readonly type: "internal";
  readonly ihrDisabled: boolean;
  readonly bounce: boolean;
  readonly src: Address;
  readonly dest: Address;
  /** Nanotons. */
  readonly coins: bigint;
  /** Root of the dictionary of other currencies, as it is. */
  readonly otherCurrencies: Cell | null;
  readonly ihrFee: bigint;
  readonly forwardFee: bigint;
  readonly createdLt: bigint;
  readonly createdAt: number;
  readonly body: Cell;
}

/** To nobody on the network: only noted in the transaction. */
export interface OutwardView {
  readonly type: "outward";
}

/**
 * Never unfolds a dictionary, so it takes as long as one cell takes, whoever made the message (see `loadContractState`).
 * @returns null when the cell is no message
 */
export function viewMessage(cell: Cell): MessageView | null {
  try {
    // The library throws where a cell ends early: here it becomes an answer.
    return loadView(cell.beginParse());
  } catch {
    return null;
  }
}

function loadView(slice: Slice): MessageView {
  if (!slice.loadBit()) return loadInternal(slice);
  if (slice.loadBit()) return { type: "outward" };
  slice.loadMaybeExternalAddress();
  const dest = slice.loadAddress();
  slice.loadCoins();
  loadBody(slice);
  return { type: "external", dest };
}

function loadInternal(slice: Slice): InternalView {
  const ihrDisabled = slice.loadBit();
  const bounce = slice.loadBit();
  slice.skip(1);
  return {
    type: "internal",
    ihrDisabled,
    bounce,
    src: slice.loadAddress(),
    dest: slice.loadAddress(),
    coins: slice.loadCoins(),
    otherCurrencies: slice.loadMaybeRef(),
    ihrFee: slice.loadCoins(),
    forwardFee: slice.loadCoins(),
    createdLt: slice.loadUintBig(64),
    createdAt: slice.loadUint(32),
    body: loadBody(slice),
  };
}

/** Behind what the contract starts with, which stands in the message or in a cell of its own. */
function loadBody(slice: Slice): Cell {
  if (slice.loadBit()) loadContractState(slice.loadBit() ? slice.loadRef().beginParse() : slice);
  return slice.loadBit() ? slice.loadRef() : slice.asCell();
}
