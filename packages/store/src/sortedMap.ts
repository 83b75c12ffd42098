import type { KeyRange, KeyValueEntry, KeyValueOp } from "./keyValueStore.js";

/** Bytes by bytes in bytewise order. Values are shared, never copied: who puts one in must not change it afterwards. */
export class SortedMap {
  readonly #values: Map<string, Uint8Array>;
  /** All keys; in order while `#sorted`. */
  #keys: string[];
  #sorted = true;

  constructor(values: Map<string, Uint8Array> = new Map(), keys: string[] = []) {
    this.#values = values;
    this.#keys = keys;
  }

  clone(): SortedMap {
    this.#sort();
    return new SortedMap(new Map(this.#values), [...this.#keys]);
  }

  get(key: Uint8Array): Uint8Array | null {
    return this.#values.get(toText(key)) ?? null;
  }

  apply(ops: readonly KeyValueOp[]): void {
    for (const op of ops) {
      if (op.type === "put") this.#put(toText(op.key), op.value);
      else this.#delete(toText(op.key));
    }
  }

  /** The range as it is now; later changes do not show. */
  slice(range: KeyRange): KeyValueEntry[] {
    this.#sort();
    const from = this.#indexOf(toText(range.from));
    const to = this.#indexOf(toText(range.to));
    const keys =
      range.order === "ascending"
        ? this.#keys.slice(from, Math.min(to, from + range.limit))
        : this.#keys.slice(Math.max(from, to - range.limit), to).reverse();
    return keys.map((key) => ({ key: toBytes(key), value: this.#values.get(key)! }));
  }

  #put(key: string, value: Uint8Array): void {
    if (!this.#values.has(key)) {
      // Appending and sorting later is cheap: the sort finds one long ordered run and merges the rest into it.
      if (this.#keys.length > 0 && this.#keys[this.#keys.length - 1]! > key) this.#sorted = false;
      this.#keys.push(key);
    }
    this.#values.set(key, value);
  }

  #delete(key: string): void {
    if (!this.#values.delete(key)) return;
    this.#sort();
    this.#keys.splice(this.#indexOf(key), 1);
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#keys.sort((a, b) => (a < b ? -1 : 1));
    this.#sorted = true;
  }

  /** Index of the first key that is not below `key`. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

// One character per byte: the order of such strings is the order of the bytes.
function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function toBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
