import { unixMs, type UnixMs } from "../ids.js";
import type { Clock, Timer } from "../world.js";

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** A clock that moves only when told; timers fire in the order of their time, then of their making. */
export class ManualClock implements Clock {
  #elapsedMs = 0;
  #order = 0;
  #pending: Pending[] = [];
  readonly #startMs: number;

  constructor(startMs = 1_700_000_000_000) {
    this.#startMs = startMs;
  }

  nowMs(): UnixMs {
    return unixMs(Math.floor(this.#startMs + this.#elapsedMs));
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: Pending = {
      atMs: this.#elapsedMs + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      cancelled: false,
    };
    this.#pending.push(timer);
    return { cancel: () => void (timer.cancelled = true) };
  }

  /** Moves time on by `ms`, firing every timer that falls due, also those set on the way. */
  advance(ms: number): void {
    const target = this.#elapsedMs + ms;
    for (let next = this.#nextDue(target); next !== undefined; next = this.#nextDue(target)) {
      this.#pending.splice(this.#pending.indexOf(next), 1);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.callback();
    }
    this.#elapsedMs = target;
  }

  #nextDue(target: number): Pending | undefined {
    this.#pending = this.#pending.filter((timer) => !timer.cancelled);
    return this.#pending
      .filter((timer) => timer.atMs <= target)
      .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  }
}
