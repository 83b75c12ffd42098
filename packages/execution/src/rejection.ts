/**
 * Why an external message is refused: a closed list, the same in every engine, so that a client can act on it.
 * Facts of the bytes alone: malformed, tooLarge, wrongNetwork, badSignature, amountZero, noThread.
 * Facts of bytes and time or place: expired, expiryTooFar, wrongThread, duplicate. No block may hold such a message.
 * A fact of no block: tooLong, a builder's word that it could not execute the message in its time.
 * Facts of the state: the rest. At the door they are advice about this moment; in a block they are a receipt's code.
 * An engine of one's own takes the code that comes nearest, `notAccepted` when its own rules refuse, and has its own
 * word in the text.
 */
export type RejectionCode =
  | "malformed"
  | "tooLarge"
  | "wrongNetwork"
  | "badSignature"
  | "amountZero"
  | "expired"
  | "expiryTooFar"
  | "wrongThread"
  | "duplicate"
  | "nonceUsed"
  | "nonceTooOld"
  | "nonceTooHigh"
  | "unknownAccount"
  | "insufficientFunds"
  | "balanceOverflow"
  | "notAccepted"
  | "computeSkipped"
  | "tooLong"
  | "noThread"
  | "aborted"
  | "unsupported";

/** Why a message is refused, as a code to act on and a sentence to read. */
export interface Rejection {
  readonly code: RejectionCode;
  /** One sentence with the values that matter, for people. */
  readonly text: string;
  /** How the contract ended that refused, if one ran. */
  readonly exitCode?: number;
}

/** Makes one. */
export function rejection(code: RejectionCode, text: string): Rejection {
  return { code, text };
}
