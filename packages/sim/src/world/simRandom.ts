import { type Random, sha256 } from "@sealwright/types";

/** Fast repeatable randomness (sfc32): the same seed and name give the same stream on every machine. */
export class SimRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  readonly #seed: string;

  /** @param name streams of one seed with different names have nothing to do with each other */
  constructor(seed: number, name: string) {
    this.#seed = `${seed}`;
    const words = new DataView(sha256(Buffer.from(`${seed}/${name}`)).buffer);
    this.#a = words.getInt32(0);
    this.#b = words.getInt32(4);
    this.#c = words.getInt32(8);
  }

  fork(name: string): SimRandom {
    return new SimRandom(Number(this.#seed), name);
  }

  u32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i += 4) {
      const word = this.u32();
      for (let j = i; j < Math.min(i + 4, count); j++) bytes[j] = word >>> (8 * (j - i));
    }
    return bytes;
  }

  /** In [0, below). */
  int(below: number): number {
    return this.u32() % below;
  }

  /** In [from, to], both included. */
  between(from: number, to: number): number {
    return from + this.int(to - from + 1);
  }

  happens(ratio: number): boolean {
    return ratio > 0 && this.u32() < ratio * 0x1_0000_0000;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }
}
