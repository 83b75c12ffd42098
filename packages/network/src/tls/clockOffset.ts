import type { UnixMs } from "@sealwright/types";

/** One answered ping of a peer that told its time. */
export interface ClockSample {
  /** Of the peer, somewhere between the ping and the pong. */
  readonly peerMs: UnixMs;
  /** Of this node, when the pong was read. */
  readonly nowMs: UnixMs;
  readonly roundTripMs: number;
}

/** As many as NTP looks back: some seconds of pings, so that a corrected clock is soon seen as it is. */
const SAMPLES = 8;
/**
 * Whoever is busy answers late, as both ends are while they start. What took longer may be off by more than is worth a
 * warning, so it says nothing; hardly two places on earth are as far apart.
 */
const ROUND_TRIP_MS_MAX = 400;

/**
 * How far a peer's clock is from ours. The peer's time belongs to the middle of the round trip, give or take half of it,
 * so the shortest of the last few says it best: whatever held up a ping or its answer, on either machine, made it longer.
 */
export class ClockOffset {
  #samples: { readonly roundTripMs: number; readonly offsetMs: number }[] = [];

  note({ peerMs, nowMs, roundTripMs }: ClockSample): void {
    const offsetMs = peerMs - (nowMs - roundTripMs / 2);
    this.#samples = [...this.#samples.slice(1 - SAMPLES), { roundTripMs, offsetMs }];
  }

  /** Positive: the peer is ahead; null while no round trip was short enough. */
  get offsetMs(): number | null {
    const [first, ...rest] = this.#samples;
    if (first === undefined) return null;
    const best = rest.reduce((shortest, one) => (one.roundTripMs <= shortest.roundTripMs ? one : shortest), first);
    return best.roundTripMs <= ROUND_TRIP_MS_MAX ? best.offsetMs : null;
  }
}
