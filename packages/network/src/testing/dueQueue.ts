/** `order` counts what was added, so what is due at one time keeps the order of its making. */
export interface Due<Item> {
  readonly atMs: number;
  readonly order: number;
  readonly item: Item;
}

/** What is due, in the order of its time, then of its making. A binary heap: a simulation keeps thousands in flight. */
export class DueQueue<Item> {
  readonly #heap: Due<Item>[] = [];
  #added = 0;

  get first(): Due<Item> | undefined {
    return this.#heap[0];
  }

  add(atMs: number, item: Item): void {
    const due = { atMs, order: this.#added++, item };
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

  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
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

  /** Takes what is due by `atMs`, one after the other, but not what was added since the first was asked for. */
  *takeDue(atMs: number): Generator<Item> {
    const before = this.#added;
    for (let { first } = this; first !== undefined; first = this.first) {
      if (first.atMs > atMs || first.order >= before) return;
      this.removeFirst();
      yield first.item;
    }
  }
}

function isBefore(a: Due<unknown>, b: Due<unknown>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
