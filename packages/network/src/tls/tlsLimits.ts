import { assert } from "@sealwright/types";
import { assertTransportLimits, DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from "../limits.js";

/** Bounds of a transport with sockets, and its times. */
export interface TlsTransportLimits extends TransportLimits {
  /** Known peers; each may cost a frame under assembly and two full queues. */
  readonly peersMax: number;
  /** From the first byte to a valid greeting, on both sides. */
  readonly handshakeTimeoutMs: number;
  /** Connections that have not proved who they are, in all and from one address; the oldest gives way to a new one. */
  readonly unprovenMax: number;
  readonly unprovenPerAddressMax: number;
  readonly redialFirstMs: number;
  readonly redialMaxMs: number;
  readonly pingEveryMs: number;
  /** A connection on which nothing arrives for this long is dropped. */
  readonly deadAfterMs: number;
  /** How long closing waits for what was already written. */
  readonly closeTimeoutMs: number;
}

/** What a `TlsTransport` keeps to unless told otherwise. */
export const DEFAULT_TLS_LIMITS: TlsTransportLimits = {
  ...DEFAULT_TRANSPORT_LIMITS,
  peersMax: 1_024,
  handshakeTimeoutMs: 5_000,
  unprovenMax: 256,
  unprovenPerAddressMax: 64,
  redialFirstMs: 50,
  redialMaxMs: 2_000,
  pingEveryMs: 1_000,
  deadAfterMs: 8_000,
  closeTimeoutMs: 500,
};

export function assertTlsLimits(limits: TlsTransportLimits): void {
  assertTransportLimits(limits);
  assert(
    limits.deadAfterMs >= 2 * limits.pingEveryMs,
    "a peer must have the time to answer a ping before it counts as dead",
  );
  assert(limits.redialFirstMs <= limits.redialMaxMs, "redialFirstMs must not exceed redialMaxMs");
  assert(limits.unprovenPerAddressMax <= limits.unprovenMax, "unprovenPerAddressMax must not exceed unprovenMax");
  assert(limits.unprovenPerAddressMax > 0, "at least one connection at a time must be able to prove itself");
}
