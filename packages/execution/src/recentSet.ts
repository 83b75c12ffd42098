import { assert } from "@sealwright/types";

/** A bounded set of strings that forgets the oldest half when it is full: cheaper than exact least-recent order. */
export class RecentSet {
  #young = new Set<string>();
  #old: ReadonlySet<string> = new Set();
  readonly #generationMax: number;

  constructor(entriesMax: number) {
    assert(Number.isInteger(entriesMax) && entriesMax >= 2, "a recent set holds at least two entries");
    this.#generationMax = Math.floor(entriesMax / 2);
  }

  has(item: string): boolean {
    return this.#young.has(item) || this.#old.has(item);
  }

  add(item: string): void {
    this.#young.add(item);
    if (this.#young.size < this.#generationMax) return;
    this.#old = this.#young;
    this.#young = new Set();
  }
}
