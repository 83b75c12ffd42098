import {
  type Cell,
  Dictionary,
  loadCurrencyCollection,
  loadTransactionDescription,
  type TransactionDescription,
} from "@ton/core";
import { assert } from "@sealwright/types";
import { MADE_DEPTH_MAX, readCell } from "./bagOfCells.js";
import { TVM_RECEIPT, type TvmReceiptCode } from "./tvmReceipt.js";

/** What the engine needs of a transaction that the emulator made. */
export interface TransactionView {
  readonly hash: Uint8Array;
  readonly lt: bigint;
  /** The account does not exist any more. */
  readonly isAccountGone: boolean;
  /** All that the account paid. */
  readonly totalFees: bigint;
  /** Cells of the messages that it sends, in order, as they are: parsing and writing one again may change its hash. */
  readonly outMessages: readonly Cell[];
  readonly description: TransactionDescription;
}

const TAG = 0x07;
const ACCOUNT_BITS = 256;
const PREVIOUS_BITS = 256 + 64;
const TIME_BITS = 32;
const STATUS_GONE = 0x03;

/**
 * Reads what is needed and nothing else: a third of what reading everything costs, for every message of every block.
 * @param boc of a transaction that the emulator made: anything else is our bug
 */
export function viewTransaction(boc: Uint8Array): TransactionView {
  const cell = readCell(boc, MADE_DEPTH_MAX);
  assert(cell !== null, "the emulator's transaction is a bag of cells");
  const slice = cell.beginParse();
  assert(slice.loadUint(4) === TAG, "the emulator's transaction is one");
  slice.skip(ACCOUNT_BITS);
  const lt = slice.loadUintBig(64);
  slice.skip(PREVIOUS_BITS + TIME_BITS);
  const outCount = slice.loadUint(15);
  slice.skip(2);
  const isAccountGone = slice.loadUint(2) === STATUS_GONE;
  const messages = slice.loadRef().beginParse();
  if (messages.loadBit()) messages.loadRef();
  const out = messages.loadDict(Dictionary.Keys.Uint(15), Dictionary.Values.Cell());
  assert(out.size === outCount, "a transaction counts its messages");
  const outMessages = [...out].sort(([a], [b]) => a - b).map(([, message]) => message);
  const totalFees = loadCurrencyCollection(slice).coins;
  slice.loadRef();
  const description = loadTransactionDescription(slice.loadRef().beginParse());
  return { hash: cell.hash(), lt, isAccountGone, totalFees, outMessages, description };
}

export interface TransactionResult {
  readonly code: TvmReceiptCode;
  readonly gasUsed: number;
  readonly exitCode: number | null;
  readonly actionCode: number | null;
}

export function resultOf(description: TransactionDescription): TransactionResult {
  assert(description.type === "generic", "messages make ordinary transactions");
  const { computePhase: compute, actionPhase: action, bouncePhase: bounce } = description;
  if (compute.type === "skipped") {
    // Money for an account without code is what the message was for, unless it went back.
    const code = bounce == null ? TVM_RECEIPT.done : TVM_RECEIPT.computeSkipped;
    return { code, gasUsed: 0, exitCode: null, actionCode: null };
  }
  const actionCode = action?.resultCode ?? null;
  const code = compute.success
    ? action?.success === false
      ? TVM_RECEIPT.actionFailed
      : TVM_RECEIPT.done
    : TVM_RECEIPT.computeFailed;
  return { code, gasUsed: Number(compute.gasUsed), exitCode: compute.exitCode, actionCode };
}
