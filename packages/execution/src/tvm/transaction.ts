import { assert } from "@sealwright/types";
import type { BocView, CellSlice } from "./bocView.js";
import { TVM_RECEIPT, type TvmReceiptCode } from "./tvmReceipt.js";

/** What is needed of a transaction that the emulator made. */
export interface TransactionView extends TransactionResult {
  readonly lt: bigint;
  /** Of the block that holds it. */
  readonly nowS: number;
  /** The account does not exist any more. */
  readonly isAccountGone: boolean;
  /** All that the account paid. */
  readonly totalFees: bigint;
  /** Cell of the message that it took. */
  readonly inMessage: number | null;
  /** Cells of the messages that it sends, in order. */
  readonly outMessages: readonly number[];
}

/** What an account pays, by what for. */
export interface TransactionFees {
  readonly storage: bigint;
  readonly gas: bigint;
  /** For bringing its messages on their way, of which a part is due where they arrive. */
  readonly forward: bigint;
  /** The part of `forward` that is among the transaction's fees. */
  readonly actions: bigint;
}

export interface TransactionResult {
  readonly code: TvmReceiptCode;
  readonly gasUsed: number;
  readonly exitCode: number | null;
  readonly actionCode: number | null;
  readonly fees: TransactionFees;
}

const TAG = 0x07;
const ACCOUNT_BITS = 256;
const PREVIOUS_BITS = 256 + 64;
const STATUS_GONE = 0x03;
const COUNT_BITS = 15;

/** Reads what is needed and nothing else, for every message of every block. */
export function viewTransaction(boc: BocView): TransactionView {
  const slice = boc.slice(boc.root);
  assert(slice.uint(4) === TAG, "the emulator's transaction is one");
  slice.skip(ACCOUNT_BITS);
  const lt = slice.big(64);
  slice.skip(PREVIOUS_BITS);
  const nowS = slice.uint(32);
  const outCount = slice.uint(COUNT_BITS);
  slice.skip(2);
  const isAccountGone = slice.uint(2) === STATUS_GONE;
  const messages = boc.slice(slice.ref());
  const inMessage = messages.maybeRef();
  const outMessages = messages.bit() ? cellsOfDictionary(boc, messages.ref()) : [];
  assert(outMessages.length === outCount, "a transaction counts its messages");
  const totalFees = currency(slice);
  slice.ref();
  return { lt, nowS, isAccountGone, totalFees, inMessage, outMessages, ...readDescription(boc, slice.ref()) };
}

/** Hash of the account's last transaction: it stands beside the account. */
export function lastTransactionHash(shardAccount: BocView): Uint8Array {
  return shardAccount.slice(shardAccount.root).raw(32);
}

/** Values of a dictionary with keys of 15 bits and cells for values, by ascending key. */
function cellsOfDictionary(boc: BocView, root: number, keyBits = COUNT_BITS): number[] {
  const slice = boc.slice(root);
  const left = keyBits - labelLength(slice, keyBits);
  if (left === 0) return [slice.ref()];
  return [slice.ref(), slice.ref()].flatMap((branch) => cellsOfDictionary(boc, branch, left - 1));
}

/** Skips an edge's label. @returns its length */
function labelLength(slice: CellSlice, max: number): number {
  if (!slice.bit()) {
    let length = 0;
    while (slice.bit()) length += 1;
    slice.skip(length);
    return length;
  }
  const isSame = slice.bit();
  if (isSame) slice.skip(1);
  const length = slice.uint(Math.ceil(Math.log2(max + 1)));
  if (!isSame) slice.skip(length);
  return length;
}

function currency(slice: CellSlice): bigint {
  const coins = slice.coins();
  if (slice.bit()) slice.ref();
  return coins;
}

function readDescription(boc: BocView, cell: number): TransactionResult {
  const slice = boc.slice(cell);
  assert(slice.uint(4) === 0, "messages make ordinary transactions");
  slice.skip(1);
  const storage = slice.bit() ? readStoragePhase(slice) : 0n;
  if (slice.bit()) skipCreditPhase(slice);
  const compute = readComputePhase(boc, slice);
  const action = slice.bit() ? readActionPhase(boc.slice(slice.ref())) : null;
  slice.skip(1);
  const hasBounced = slice.bit();
  const { forward = 0n, actions = 0n } = action ?? {};
  const fees = { storage, gas: compute?.gasFees ?? 0n, forward, actions };
  if (compute === null) {
    // Money for an account without code is what the message was for, unless it went back.
    const code = hasBounced ? TVM_RECEIPT.computeSkipped : TVM_RECEIPT.done;
    return { code, gasUsed: 0, exitCode: null, actionCode: null, fees };
  }
  const { isSuccess, gasUsed, exitCode } = compute;
  const done = action?.isSuccess === false ? TVM_RECEIPT.actionFailed : TVM_RECEIPT.done;
  const code = isSuccess ? done : TVM_RECEIPT.computeFailed;
  return { code, gasUsed, exitCode, actionCode: action?.code ?? null, fees };
}

/** @returns what was paid */
function readStoragePhase(slice: CellSlice): bigint {
  const paid = slice.coins();
  if (slice.bit()) slice.coins();
  skipStatusChange(slice);
  return paid;
}

function skipCreditPhase(slice: CellSlice): void {
  if (slice.bit()) slice.coins();
  currency(slice);
}

interface ComputePhase {
  readonly isSuccess: boolean;
  readonly gasFees: bigint;
  readonly gasUsed: number;
  readonly exitCode: number;
}

/** @returns null when the contract did not run */
function readComputePhase(boc: BocView, slice: CellSlice): ComputePhase | null {
  if (!slice.bit()) {
    // Why, in two bits or, where those are ones, in three.
    if (slice.uint(2) === 0x03) slice.skip(1);
    return null;
  }
  const isSuccess = slice.bit();
  slice.skip(2);
  const gasFees = slice.coins();
  const details = boc.slice(slice.ref());
  const gasUsed = Number(details.varUint(3));
  details.varUint(3);
  if (details.bit()) details.varUint(2);
  details.skip(8);
  return { isSuccess, gasFees, gasUsed, exitCode: details.int(32) };
}

interface ActionPhase {
  readonly isSuccess: boolean;
  readonly code: number;
  readonly forward: bigint;
  readonly actions: bigint;
}

function readActionPhase(slice: CellSlice): ActionPhase {
  const isSuccess = slice.bit();
  slice.skip(2);
  skipStatusChange(slice);
  const forward = slice.bit() ? slice.coins() : 0n;
  const actions = slice.bit() ? slice.coins() : 0n;
  return { isSuccess, code: slice.int(32), forward, actions };
}

function skipStatusChange(slice: CellSlice): void {
  if (slice.bit()) slice.skip(1);
}
