import type { Clock, UnixMs } from "@sealwright/types";

/** A node that was stopped or asleep for this long was away: what it saw late says nothing of the network. */
export const AWAY_MS = 5_000;

/** Knows since when this node runs without a break. Only the node's own sleep counts: a silent network is no break. */
export class Presence {
  readonly #clock: Pick<Clock, "nowMs">;
  #sinceMs: UnixMs;
  #lastMs: UnixMs;

  constructor(dependencies: { readonly clock: Pick<Clock, "nowMs"> }) {
    this.#clock = dependencies.clock;
    this.#sinceMs = this.#clock.nowMs();
    this.#lastMs = this.#sinceMs;
  }

  get sinceMs(): UnixMs {
    return this.#sinceMs;
  }

  /** To be called every second or so. */
  noteHere(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#lastMs > AWAY_MS) this.#sinceMs = nowMs;
    this.#lastMs = nowMs;
  }
}
