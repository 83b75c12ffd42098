import type { ReadinessCheck } from "@sealwright/api";
import type { Transport } from "@sealwright/network";
import type { Clock, Logger, Timer } from "@sealwright/types";
import { type ClockSkew, clockSkewOf, skewText } from "./clockSkew.js";

export interface ClockWatchOptions {
  /** With fewer other keepers that tell their time nothing is said of this node's. */
  readonly keepersMin: number;
  /** No keeper votes for a block that lies further ahead of its clock (protocol §8). */
  readonly timeAheadMaxMs: number;
}

export interface ClockWatchDependencies {
  readonly transport: Pick<Transport, "peers">;
  readonly clock: Clock;
  readonly logger: Logger;
}

const LOOK_EVERY_MS = 1_000;

/**
 * Compares this node's clock with those of the other keepers. A clock that is behind by more than `timeAheadMaxMs` holds
 * back this keeper's votes; one that is ahead by more has those of the others held back while it produces. Half of that
 * is worth a warning: then there is still time to set it right.
 */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #deps: ClockWatchDependencies;
  #timer: Timer | null = null;
  #hasWarned = false;

  constructor(options: ClockWatchOptions, dependencies: ClockWatchDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  get skew(): ClockSkew {
    return clockSkewOf(this.#deps.transport.peers(), this.#options.keepersMin);
  }

  /** Other keepers' clocks minus this one's; null while unknown. */
  get skewMs(): number | null {
    const { skew } = this;
    return skew.type === "measured" ? skew.skewMs : null;
  }

  /** Whether the clock is good enough to vote and to produce by; one that nothing is known of counts as good. */
  readiness(): ReadinessCheck {
    const { skew } = this;
    const name = "clockSane";
    const { timeAheadMaxMs, keepersMin } = this.#options;
    if (skew.type === "unknown") {
      const detail = `${skew.keepers} other keepers told their time, ${Math.max(1, keepersMin)} are needed to compare`;
      return { name, ok: true, detail };
    }
    const ok = Math.abs(skew.skewMs) <= timeAheadMaxMs;
    return { name, ok, detail: `this clock is ${skewText(skew)}, ${timeAheadMaxMs} ms are allowed` };
  }

  start(): void {
    this.#timer = this.#deps.clock.setTimer(LOOK_EVERY_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Says once that the clock is off, and once that it is right again, which takes half as much as the warning. */
  look(): void {
    const { skew } = this;
    if (skew.type === "unknown") return;
    const { timeAheadMaxMs } = this.#options;
    const warnMs = timeAheadMaxMs / 2;
    const off = Math.abs(skew.skewMs);
    const fields = { skewMs: skew.skewMs, keepers: skew.keepers, timeAheadMaxMs };
    if (!this.#hasWarned && off > warnMs) {
      this.#hasWarned = true;
      this.#deps.logger.log("warn", "clock.skewed", { ...fields, text: `this clock is ${skewText(skew)}` });
    } else if (this.#hasWarned && off <= warnMs / 2) {
      this.#hasWarned = false;
      this.#deps.logger.log("info", "clock.right", fields);
    }
  }
}
