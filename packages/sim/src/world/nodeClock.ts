import { type Clock, type Timer, unixMs, type UnixMs } from "@sealwright/types";
import type { VirtualTime } from "./virtualTime.js";

/**
 * The clock of one life of one node. Its wall clock may be wrong and jump; its monotonic clock only goes on. While the
 * node is held (a stopped process, a long pause), its timers wait; after its death they never fire.
 */
export class NodeClock implements Clock {
  readonly #time: VirtualTime;
  readonly #startMs: number;
  #offsetMs: number;
  #isDead = false;
  #held: (() => unknown)[] | null = null;

  constructor(time: VirtualTime, options: { readonly startUnixMs: number; readonly offsetMs: number }) {
    this.#time = time;
    this.#startMs = options.startUnixMs;
    this.#offsetMs = options.offsetMs;
  }

  nowMs(): UnixMs {
    return unixMs(this.#startMs + this.#time.nowMs + this.#offsetMs);
  }

  monotonicMs(): number {
    return this.#time.nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#time.at(this.#time.nowMs + Math.max(0, delayMs), () => this.run(callback));
  }

  /** Resolves `answer` after `delayMs`, as an edge does that takes its time; at once when that is 0. */
  later<T>(delayMs: number, answer: T): Promise<T> | T {
    if (delayMs <= 0 && this.#held === null) return answer;
    return new Promise((resolve) => this.setTimer(delayMs, () => resolve(answer)));
  }

  /** Runs something of this node now, or when it is no longer held; never after its death. */
  run<T>(act: () => T): T | undefined {
    if (this.#isDead) return undefined;
    if (this.#held === null) return act();
    this.#held.push(act);
    return undefined;
  }

  /** The wall clock jumps. */
  shift(byMs: number): void {
    this.#offsetMs += byMs;
  }

  hold(): void {
    this.#held ??= [];
  }

  /** Everything that waited happens now, in its order. */
  release(): void {
    const waiting = this.#held ?? [];
    this.#held = null;
    for (const act of waiting) this.run(act);
  }

  kill(): void {
    this.#isDead = true;
    this.#held = null;
  }
}
