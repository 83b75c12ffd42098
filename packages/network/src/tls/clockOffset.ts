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
/** The first ones are taken while both ends are busy with starting. */
const SAMPLES_MIN = 3;

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

  /** Positive: the peer is ahead; null before the third sample. */
  get offsetMs(): number | null {
    if (this.#samples.length < SAMPLES_MIN) return null;
    return this.#samples.reduce((best, sample) => (sample.roundTripMs <= best.roundTripMs ? sample : best)).offsetMs;
  }
}
