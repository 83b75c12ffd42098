/** This part of what is kept may be left behind in the shared array until it is copied: a quarter. */
const LEFT_BEHIND_SHARE = 4;

/**
 * The last items of a growing list, as a value: adding one makes a new list, and the old one stays as it was. They share
 * one array, so that an addition copies only now and then.
 */
export class RecentList<T> implements Iterable<T> {
  readonly #shared: T[];
  readonly #start: number;
  readonly #end: number;

  private constructor(shared: T[], start: number, end: number) {
    this.#shared = shared;
    this.#start = start;
    this.#end = end;
  }

  static empty<T>(): RecentList<T> {
    return new RecentList<T>([], 0, 0);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** The next one that goes. */
  get oldest(): T | null {
    return this.length === 0 ? null : (this.#shared[this.#start] ?? null);
  }

  /** With one more; of more than `keptMax` the oldest go. */
  with(item: T, keptMax: number): RecentList<T> {
    const start = Math.max(this.#start, this.#end + 1 - keptMax);
    // Another list has grown from this one, or what no list needs any more would be kept alive.
    if (this.#shared.length > this.#end || start > keptMax / LEFT_BEHIND_SHARE || this.#end === 0) {
      const own = this.#shared.slice(start, this.#end);
      return new RecentList(own, 0, own.push(item));
    }
    return new RecentList(this.#shared, start, this.#shared.push(item));
  }

  some(holds: (item: T) => boolean): boolean {
    return this.findLast(holds) !== undefined;
  }

  findLast(holds: (item: T) => boolean): T | undefined {
    for (let index = this.#end - 1; index >= this.#start; index--) {
      const item = this.#shared[index];
      if (item !== undefined && holds(item)) return item;
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let index = this.#start; index < this.#end; index++) {
      const item = this.#shared[index];
      if (item !== undefined) yield item;
    }
  }
}
