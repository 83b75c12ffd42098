import type { SubmitRefusalCode } from "../backend/message.js";
import type { ApiRefusal } from "../errors/apiRefusal.js";

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
  computeSkipped: "COMPUTE_SKIPPED",
  queueFull: "QUEUE_OVERFLOW",
  accountQueueFull: "TOO_MANY_REQUESTS_IN_QUEUE",
  unavailable: "INTERNAL_ERROR",
} as const satisfies Record<SubmitRefusalCode, AckiNackiCode>;

/** Where its clients send messages: now, and in older versions. */
export const MESSAGE_PATHS = ["/v2/messages", "/bm/v2/messages", "/bk/v2/messages"] as const;

/** One answer of that interface. */
export interface MessageAnswer {
  readonly id: string | null;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly error: AckiNackiError | null;
  /** No tokens are issued on this network. */
  readonly ext_message_token: null;
}

export function refusedAnswer(id: string | null, error: AckiNackiError): MessageAnswer {
  return { id, result: null, error, ext_message_token: null };
}

/** A refusal of this API, in the words of that interface. */
export function ackiNackiErrorOf({ statusCode, message, retryAfterMs }: ApiRefusal): AckiNackiError {
  const code = statusCode === 429 ? "QUEUE_OVERFLOW" : statusCode < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR";
  return ackiNackiError(code, message, retryAfterMs === undefined ? null : { retry_after_ms: retryAfterMs });
}

/** Whether a route's refusals are read by that interface's clients. */
export function isForMessages(route: string | undefined): boolean {
  return MESSAGE_PATHS.some((path) => path === route);
}

export function ackiNackiError(
  code: AckiNackiCode,
  message: string,
  data: AckiNackiError["data"] = null,
): AckiNackiError {
  return { code, message, data };
}
