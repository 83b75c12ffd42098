import type { Address } from "@ton/core";
import { type BocView, type CellSlice, ShortCellError } from "./bocView.js";
import type { CellPart } from "./cellPart.js";
import { readContractCells } from "./stateInit.js";

/** What is needed of a message of TON. Cells are those of the bag that it stands in. */
export type MessageView = ExternalView | InternalView | OutwardView;

/** From outside of the network to an account. */
export interface ExternalView {
  readonly type: "external";
  readonly dest: Address;
  /** What the contract starts with; null where the message brings nothing of it. */
  readonly init: CellPart | null;
  readonly body: CellPart;
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
  readonly otherCurrencies: number | null;
  readonly ihrFee: bigint;
  readonly forwardFee: bigint;
  readonly createdLt: bigint;
  readonly createdAt: number;
  /** What the contract starts with; null where the message brings nothing of it. */
  readonly init: CellPart | null;
  readonly body: CellPart;
}

/** To nobody on the network: only noted in the transaction. */
export interface OutwardView {
  readonly type: "outward";
  readonly src: Address;
  readonly createdLt: bigint;
  /** What the contract starts with; null where the message brings nothing of it. */
  readonly init: CellPart | null;
  readonly body: CellPart;
}

/**
 * Never unfolds a dictionary, so it takes as long as one cell takes, whoever made the message (see `readContractCells`).
 * @returns null when the cell is no message
 */
export function viewMessage(boc: BocView, cell: number): MessageView | null {
  try {
    return readMessage(boc, boc.slice(cell));
  } catch (error) {
    if (error instanceof ShortCellError) return null;
    throw error;
  }
}

function readMessage(boc: BocView, slice: CellSlice): MessageView {
  if (!slice.bit()) return readInternal(boc, slice);
  if (slice.bit()) return readOutward(boc, slice);
  slice.skipExternalAddress();
  const dest = slice.address();
  slice.coins();
  return { type: "external", dest, ...readContent(boc, slice) };
}

const CREATED_AT_BITS = 32;

function readOutward(boc: BocView, slice: CellSlice): OutwardView {
  const src = slice.address();
  slice.skipExternalAddress();
  const createdLt = slice.big(64);
  slice.skip(CREATED_AT_BITS);
  return { type: "outward", src, createdLt, ...readContent(boc, slice) };
}

function readInternal(boc: BocView, slice: CellSlice): InternalView {
  const ihrDisabled = slice.bit();
  const bounce = slice.bit();
  slice.skip(1);
  return {
    type: "internal",
    ihrDisabled,
    bounce,
    src: slice.address(),
    dest: slice.address(),
    coins: slice.coins(),
    otherCurrencies: slice.maybeRef(),
    ihrFee: slice.coins(),
    forwardFee: slice.coins(),
    createdLt: slice.big(64),
    createdAt: slice.uint(CREATED_AT_BITS),
    ...readContent(boc, slice),
  };
}

function readContent(boc: BocView, slice: CellSlice): Pick<MessageView, "init" | "body"> {
  const init = slice.bit() ? readInit(boc, slice) : null;
  return { init, body: slice.bit() ? boc.part(slice.ref()) : boc.rest(slice) };
}

/** It stands in the message or in a cell of its own. */
function readInit(boc: BocView, slice: CellSlice): CellPart {
  if (slice.bit()) {
    const cell = slice.ref();
    readContractCells(boc.slice(cell));
    return boc.part(cell);
  }
  const start = slice.copy();
  readContractCells(slice);
  return boc.rest(start, { bits: start.bitsLeft - slice.bitsLeft, refs: start.refsLeft - slice.refsLeft });
}
