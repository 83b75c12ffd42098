import { type AccountId, ByteReader, ByteWriter } from "@sealwright/types";
import { type Rejection, rejection } from "../rejection.js";

/** Receipt codes of the TVM: part of what verifiers compare, so never renumbered. */
export const TVM_RECEIPT = {
  done: 0,
  /** The contract did not accept the external message: nothing happened and nothing was paid. */
  notAccepted: 1,
  /** The contract ended with an exit code other than 0 or 1, or ran out of gas: paid, and nothing else happened. */
  computeFailed: 2,
  /** What the contract wanted to send or change could not be done: paid, and nothing else happened. */
  actionFailed: 3,
  /** The contract did not run (no code, no money for gas): what the message brought went back, if it brought anything. */
  computeSkipped: 4,
  /** No message of the virtual machine, or too large in its effect for any block: its value went to the fees. */
  discarded: 5,
} as const;

export type TvmReceiptCode = (typeof TVM_RECEIPT)[keyof typeof TVM_RECEIPT];

/** What a receipt's detail tells of a transaction. */
export interface TransactionDetail {
  readonly account: AccountId;
  readonly lt: bigint;
  /** Of the transaction's cell, 32 bytes. */
  readonly hash: Uint8Array;
  /** Null when the contract did not run. */
  readonly exitCode: number | null;
  /** Null when no action was tried. */
  readonly actionCode: number | null;
}

const DETAIL_BYTES = 32 + 8 + 32 + 1 + 4 + 1 + 4;

/** account 32 | lt u64 | hash 32 | exit code as option of i32 | action code as option of i32 */
export function encodeTransactionDetail(detail: TransactionDetail): Uint8Array {
  const writer = new ByteWriter(DETAIL_BYTES).hex(detail.account).u64(detail.lt).fixed(detail.hash, 32);
  for (const code of [detail.exitCode, detail.actionCode]) writer.u8(code === null ? 0 : 1).u32((code ?? 0) >>> 0);
  return writer.finish();
}

/** @returns null for a receipt without a transaction: what was not accepted, or discarded, or ran no contract */
export function decodeTransactionDetail(bytes: Uint8Array): TransactionDetail | null {
  if (bytes.length !== DETAIL_BYTES) return null;
  const reader = new ByteReader(bytes);
  const account = reader.hex(32) as AccountId;
  const lt = reader.u64();
  const hash = reader.fixed(32).slice();
  const code = (): number | null => (reader.u8() === 0 ? (reader.u32(), null) : reader.u32() | 0);
  return { account, lt, hash, exitCode: code(), actionCode: code() };
}

/** The detail of a message that was not accepted: why the contract refused, as an option of i32. */
export function encodeRefusalDetail(exitCode: number | null): Uint8Array {
  return exitCode === null ? new Uint8Array() : new ByteWriter(4).u32(exitCode >>> 0).finish();
}

/** @returns null for a detail that holds no such code */
export function decodeRefusalDetail(bytes: Uint8Array): number | null {
  return bytes.length === 4 ? new ByteReader(bytes).u32() | 0 : null;
}

const REJECTIONS: Readonly<Record<number, Rejection>> = {
  [TVM_RECEIPT.notAccepted]: rejection("notAccepted", "the contract did not accept the external message"),
  [TVM_RECEIPT.computeFailed]: rejection("aborted", "the contract ended with an error; its gas was paid"),
  [TVM_RECEIPT.actionFailed]: rejection("aborted", "the contract's actions could not be done; its gas was paid"),
  [TVM_RECEIPT.computeSkipped]: rejection(
    "computeSkipped",
    "the contract did not run: no code, or no money for its gas",
  ),
  [TVM_RECEIPT.discarded]: rejection("tooLarge", "no block has room for what the message would do"),
};

/** Null for 0; a code that this engine never gives is called malformed. */
export function describeTvmReceipt(code: number): Rejection | null {
  if (code === TVM_RECEIPT.done) return null;
  return REJECTIONS[code] ?? rejection("malformed", `receipt code ${code}`);
}
