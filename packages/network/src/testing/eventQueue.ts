import type { Clock, Timer } from "@sealwright/types";
import { DueQueue } from "./dueQueue.js";

/** Callbacks in the order of their time, then of their making, on a single timer of the clock. */
export class EventQueue {
  readonly #due = new DueQueue<() => void>();
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined;

  constructor(readonly clock: Clock) {}

  at(atMs: number, run: () => void): void {
    this.#due.add(atMs, run);
    this.#arm();
  }

  #arm(): void {
    const { first } = this.#due;
    if (first === undefined) return;
    if (this.#timer !== undefined) {
      if (this.#timer.atMs <= first.atMs) return;
      this.#timer.timer.cancel();
    }
    const timer = this.clock.setTimer(Math.max(0, first.atMs - this.clock.monotonicMs()), () => this.#fire());
    this.#timer = { atMs: first.atMs, timer };
  }

  /** Events added meanwhile wait for the next timer even when due: zero latency must not starve other timers. */
  #fire(): void {
    this.#timer = undefined;
    for (const run of this.#due.takeDue(this.clock.monotonicMs())) run();
    this.#arm();
  }
}
