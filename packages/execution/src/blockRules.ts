import { threadIndexOf, threadOf, type ThreadId, type ThreadsTable, type UnixMs } from "@sealwright/types";
import type { MessageFacts } from "./executor.js";
import { type Rejection, rejection } from "./rejection.js";

/** How far after a block's time a message in it may expire (protocol M1): bounds how much dedupe remembers. */
export const EXPIRY_AHEAD_MS_MAX = 60_000;

export interface PlaceAndTime {
  readonly threadId: ThreadId;
  readonly timeMs: UnixMs;
  readonly threadsTable: ThreadsTable;
}

/** What no block of this thread and time may hold, whatever the state; null = nothing wrong. */
export function messageRejection(message: MessageFacts, at: PlaceAndTime): Rejection | null {
  if (message.expiresAtMs < at.timeMs) {
    return rejection("expired", `expired at ${message.expiresAtMs}, the time is ${at.timeMs}`);
  }
  if (message.expiresAtMs > at.timeMs + EXPIRY_AHEAD_MS_MAX) {
    const aheadMs = message.expiresAtMs - at.timeMs;
    return rejection("expiryTooFar", `expires in ${aheadMs} ms, at most ${EXPIRY_AHEAD_MS_MAX} ms are allowed`);
  }
  const owner = threadOf(at.threadsTable, message.account);
  if (owner !== at.threadId) return rejection("wrongThread", `the account belongs to thread ${threadIndexOf(owner)}`);
  return null;
}
