import type { SubmitRefusalCode } from "../backend/message.js";

/** The codes of Acki Nacki's message interface that exist here, and BAD_REQUEST for what is no request at all. */
export type AckiNackiCode =
  | "BAD_REQUEST"
  | "TVM_ERROR"
  | "COMPUTE_SKIPPED"
  | "MESSAGE_EXPIRED"
  | "DUPLICATE_MESSAGE"
  | "TOO_MANY_REQUESTS_IN_QUEUE"
  | "QUEUE_OVERFLOW"
  | "WRONG_PRODUCER"
  | "NOT_BLOCK_PRODUCER"
  | "THREAD_MISMATCH"
  | "INTERNAL_ERROR";

export interface AckiNackiError {
  readonly code: AckiNackiCode;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>> | null;
}

/** Why a node does not take a message, in the words of that interface. */
export const CODE_OF_REFUSAL = {
  malformedMessage: "BAD_REQUEST",
  messageTooLarge: "BAD_REQUEST",
  wrongNetwork: "BAD_REQUEST",
  wrongThread: "THREAD_MISMATCH",
  badSignature: "TVM_ERROR",
  messageExpired: "MESSAGE_EXPIRED",
  expiryTooFar: "BAD_REQUEST",
  accountUnknown: "COMPUTE_SKIPPED",
  nonceUsed: "DUPLICATE_MESSAGE",
  nonceTooHigh: "TVM_ERROR",
  insufficientFunds: "COMPUTE_SKIPPED",
  notAdmissible: "TVM_ERROR",
  queueFull: "QUEUE_OVERFLOW",
  accountQueueFull: "TOO_MANY_REQUESTS_IN_QUEUE",
  unavailable: "INTERNAL_ERROR",
} as const satisfies Record<SubmitRefusalCode, AckiNackiCode>;

export function ackiNackiError(
  code: AckiNackiCode,
  message: string,
  data: AckiNackiError["data"] = null,
): AckiNackiError {
  return { code, message, data };
}
