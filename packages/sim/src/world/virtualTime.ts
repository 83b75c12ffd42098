import type { Timer } from "@sealwright/types";

interface Due {
  readonly atMs: number;
  readonly order: number;
  /** Null once it was cancelled. */
  run: (() => void) | null;
}

/**
 * The time of a simulated network, in whole milliseconds from 0. It stands still until told to jump to the next instant
 * at which something is due, so an hour in which nothing happens costs nothing.
 */
export class VirtualTime {
  #nowMs = 0;
  #order = 0;
  /** A binary heap by (time, order of making). */
  readonly #heap: Due[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Fractions are rounded up: everything of one millisecond happens at one instant. */
  at(atMs: number, run: () => void): Timer {
    const due: Due = { atMs: Math.max(this.#nowMs, Math.ceil(atMs)), order: this.#order++, run };
    this.#push(due);
    return { cancel: () => void (due.run = null) };
  }

  /** When something is due next; Infinity when nothing is. */
  get nextMs(): number {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.run !== null) return first.atMs;
      this.#pop();
    }
    return Infinity;
  }

  /** Jumps to the next instant and runs what is due there, but not what that makes due at the same instant. */
  runNextInstant(): void {
    const atMs = this.nextMs;
    const before = this.#order;
    this.#nowMs = atMs;
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.atMs > atMs || first.order >= before) return;
      this.#pop();
      first.run?.();
    }
  }

  jumpTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(due, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = due;
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

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
