import { assert } from "@sealwright/types";
import { DEFAULT_SCORE_LIMITS, type ScoreLimits } from "./peerScores.js";

/** Bounds of one transport; every queue, wait and count has one. */
export interface TransportLimits {
  /** Payload of one frame. The same in the whole network. */
  readonly frameBytesMax: number;
  /** Per peer and priority: frames of a priority that would exceed this answer `queueFull`. */
  readonly queueBytesMax: { readonly consensus: number; readonly bulk: number };
  /** Per peer: frames handed to listeners whose promises are pending; beyond it nothing more is read from the peer. */
  readonly receiveWindowBytes: number;
  readonly score: ScoreLimits;
}

const MIB = 1024 * 1024;

/** What a transport keeps to unless told otherwise. */
export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = {
  frameBytesMax: 8 * MIB,
  queueBytesMax: { consensus: 16 * MIB, bulk: 64 * MIB },
  receiveWindowBytes: 16 * MIB,
  score: DEFAULT_SCORE_LIMITS,
};

/** Counted per queued or pending frame on top of its bytes, so that empty frames are not free. */
export const FRAME_OVERHEAD_BYTES = 64;

/** Relations without which a transport cannot work. */
export function assertTransportLimits(limits: TransportLimits): void {
  const largest = limits.frameBytesMax + FRAME_OVERHEAD_BYTES;
  assert(limits.frameBytesMax > 0 && limits.frameBytesMax < 2 ** 31, "frameBytesMax must be 1 .. 2^31 - 1");
  assert(limits.queueBytesMax.consensus >= largest, "the consensus queue must hold one frame of the largest size");
  assert(limits.queueBytesMax.bulk >= largest, "the bulk queue must hold one frame of the largest size");
  assert(limits.receiveWindowBytes > 0, "the receive window must let a first frame in");
}
