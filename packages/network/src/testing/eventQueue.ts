import type { Clock, Timer } from "@sealwright/types";

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Callbacks in the order of their time, then of their making, on a single timer of the clock. */
export class EventQueue {
  /** A binary heap: a simulation keeps thousands of frames in flight. */
  readonly #heap: Event[] = [];
  #order = 0;
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined;

  constructor(readonly clock: Clock) {}

  at(atMs: number, run: () => void): void {
    this.#push({ atMs, order: this.#order++, run });
    this.#arm();
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined) return;
    if (this.#timer !== undefined) {
      if (this.#timer.atMs <= first.atMs) return;
      this.#timer.timer.cancel();
    }
    const timer = this.clock.setTimer(Math.max(0, first.atMs - this.clock.monotonicMs()), () => this.#fire());
    this.#timer = { atMs: first.atMs, timer };
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.clock.monotonicMs();
    // Events added meanwhile wait for the next timer even when due: zero latency must not starve other timers.
    const before = this.#order;
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.atMs > nowMs || first.order >= before) break;
      this.#pop();
      first.run();
    }
    this.#arm();
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
