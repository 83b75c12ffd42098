import { type Rejection, rejection, type RejectionCode } from "../rejection.js";
import { NONCE_JUMP_MAX } from "./nonceWindow.js";

/** Receipt codes of the ledger: part of what verifiers compare, so never renumbered. */
export const LEDGER_RECEIPT = {
  done: 0,
  nonceUsed: 1,
  nonceTooOld: 2,
  unknownAccount: 3,
  insufficientFunds: 4,
  balanceOverflow: 5,
  malformed: 6,
  nonceTooHigh: 7,
} as const satisfies Partial<Record<RejectionCode | "done", number>>;

/** Why a transfer changed nothing. */
export type LedgerRefusal = Exclude<keyof typeof LEDGER_RECEIPT, "done">;

const TEXT: Record<LedgerRefusal, string> = {
  nonceUsed: "the account has used this nonce already",
  nonceTooOld: "the nonce lies too far below the highest one that the account has used",
  unknownAccount: "the sending account does not exist",
  insufficientFunds: "the balance does not cover amount and fee",
  balanceOverflow: "the recipient's balance would exceed 64 bits",
  nonceTooHigh: `the nonce lies more than ${NONCE_JUMP_MAX} above the highest one that the account has used`,
  malformed: "the internal message is not understood",
};

export function ledgerRejection(refusal: LedgerRefusal): Rejection {
  return rejection(refusal, TEXT[refusal]);
}

/** Null for 0; a code that this engine never gives is called malformed. */
export function describeLedgerReceipt(code: number): Rejection | null {
  if (code === LEDGER_RECEIPT.done) return null;
  const names = Object.keys(TEXT) as LedgerRefusal[];
  return ledgerRejection(names.find((name) => LEDGER_RECEIPT[name] === code) ?? "malformed");
}
