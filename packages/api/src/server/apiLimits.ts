import { assert, limits } from "@sealwright/types";
import { MESSAGES_PER_BATCH_MAX } from "../messages/messageBatch.js";

/** Bounds of one API server; every body, wait and stream has one. */
export interface ApiLimits {
  readonly bodyBytesMax: number;
  /** Longest wait for a message's status in one request; a client that wants more asks again. */
  readonly waitMsMax: number;
  /** When a request does not say. */
  readonly waitMsDefault: number;
  /** Messages waited for at once, over all requests. */
  readonly waitedMessagesMax: number;
  /** Open event streams. */
  readonly subscribersMax: number;
  /** How often an idle event stream shows that it lives. */
  readonly heartbeatMs: number;
  /** A client that takes no byte of what waits for it for this long is cut off. */
  readonly stallMsMax: number;
  readonly connectionsMax: number;
  /** For the headers, and for the whole request, to arrive. */
  readonly headersMsMax: number;
  readonly requestMsMax: number;
  readonly keepAliveMs: number;
  /** How long `close` lets running answers finish before it cuts them off. */
  readonly closeGraceMs: number;
}

/** What holds where `ApiPluginOptions.limits` says nothing. */
export const DEFAULT_API_LIMITS: ApiLimits = {
  bodyBytesMax: 4 * 1024 * 1024,
  waitMsMax: 60_000,
  waitMsDefault: 10_000,
  waitedMessagesMax: 20_000,
  subscribersMax: 256,
  heartbeatMs: 10_000,
  stallMsMax: 60_000,
  connectionsMax: 4_096,
  headersMsMax: 10_000,
  requestMsMax: 30_000,
  keepAliveMs: 65_000,
  closeGraceMs: 5_000,
};

/** Relations without which a server cannot keep its promises. */
export function assertApiLimits(limit: ApiLimits): void {
  assert(limit.bodyBytesMax >= 2 * limits.EXTERNAL_MESSAGE_BYTES_MAX + 1_024, "the largest message must fit in hex");
  assert(limit.waitMsDefault <= limit.waitMsMax, "a default wait is an allowed wait");
  assert(limit.waitedMessagesMax >= MESSAGES_PER_BATCH_MAX, "one whole batch can be waited for");
  assert(limit.headersMsMax <= limit.requestMsMax, "headers are part of a request");
}
