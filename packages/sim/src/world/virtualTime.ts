import { DueQueue } from "@sealwright/network/testing";
import type { Timer } from "@sealwright/types";

interface Callback {
  /** Null once it was cancelled. */
  run: (() => void) | null;
}

/**
 * The time of a simulated network, in whole milliseconds from 0. It stands still until told to jump to the next instant
 * at which something is due, so an hour in which nothing happens costs nothing.
 */
export class VirtualTime {
  readonly #due = new DueQueue<Callback>();
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Fractions are rounded up: everything of one millisecond happens at one instant. */
  at(atMs: number, run: () => void): Timer {
    const callback: Callback = { run };
    this.#due.add(Math.max(this.#nowMs, Math.ceil(atMs)), callback);
    return { cancel: () => void (callback.run = null) };
  }

  /** When something is due next; Infinity when nothing is. */
  get nextMs(): number {
    for (let { first } = this.#due; first !== undefined; first = this.#due.first) {
      if (first.item.run !== null) return first.atMs;
      this.#due.removeFirst();
    }
    return Infinity;
  }

  /** Jumps to the next instant and runs what is due there, but not what that makes due at the same instant. */
  runNextInstant(): void {
    this.#nowMs = this.nextMs;
    for (const { run } of this.#due.takeDue(this.#nowMs)) run?.();
  }

  jumpTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }
}
