import { type Cell, Dictionary, loadTransaction, type Transaction } from "@ton/core";
import { assert } from "@sealwright/types";
import { readCell } from "./bagOfCells.js";
import { TVM_RECEIPT, type TvmReceiptCode } from "./tvmReceipt.js";

/** A transaction as the emulator made it. */
export interface TransactionView {
  readonly transaction: Transaction;
  readonly hash: Uint8Array;
  /** Cells of the messages that it sends, in order, as they are: parsing and writing one again may change its hash. */
  readonly outMessages: readonly Cell[];
}

/** @param boc of a transaction that the emulator made: anything else is our bug */
export function viewTransaction(boc: Uint8Array): TransactionView {
  const cell = readCell(boc);
  assert(cell !== null, "the emulator's transaction is a bag of cells");
  return { transaction: loadTransaction(cell.beginParse()), hash: cell.hash(), outMessages: outMessagesOf(cell) };
}

/** In the first reference: the message that came, if any, and a dictionary of those that leave. */
function outMessagesOf(transaction: Cell): Cell[] {
  const messages = transaction.refs[0]?.beginParse();
  assert(messages !== undefined, "a transaction refers to its messages");
  if (messages.loadBit()) messages.loadRef();
  const out = messages.loadDict(Dictionary.Keys.Uint(15), Dictionary.Values.Cell());
  return [...out].sort(([a], [b]) => a - b).map(([, cell]) => cell);
}

export interface TransactionResult {
  readonly code: TvmReceiptCode;
  readonly gasUsed: number;
  readonly exitCode: number | null;
  readonly actionCode: number | null;
}

export function resultOf({ description }: Transaction): TransactionResult {
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
