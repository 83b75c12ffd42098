import { ByteWriter, decode, type UnixMs } from "@sealwright/types";
import { PING_BYTES } from "./frame.js";

/**
 * Offered and chosen in the TLS handshake (ALPN): where both ends know it, a pong tells its sender's time beside the
 * echo. An end without it neither offers nor chooses it, and its pongs stay bare.
 */
export const TIMED_PONGS_PROTOCOL = "sealwright-timed-pongs";
export const TIMED_PONG_BYTES = PING_BYTES + 8;

export interface TimedPong {
  readonly echo: Uint8Array;
  /** By the clock of the end that answers. */
  readonly timeMs: UnixMs;
}

/** echo of the ping 4 || time u53 */
export function encodeTimedPong({ echo, timeMs }: TimedPong): Uint8Array {
  return new ByteWriter(TIMED_PONG_BYTES).fixed(echo, PING_BYTES).u53(timeMs).finish();
}

/** @returns null when it is none */
export function decodeTimedPong(bytes: Uint8Array): TimedPong | null {
  const decoded = decode(bytes, (reader) => ({ echo: reader.fixed(PING_BYTES), timeMs: reader.time() }));
  return decoded.ok ? decoded.value : null;
}
