import { sha256 } from "../hash.js";
import type { Random } from "../world.js";

/** Bytes from SHA-256(seed || counter): the same seed gives the same bytes everywhere. */
export class SeededRandom implements Random {
  #counter = 0n;
  readonly #seed: bigint;

  constructor(seed: bigint | number) {
    this.#seed = BigInt.asUintN(64, BigInt(seed));
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    const input = new Uint8Array(16);
    const view = new DataView(input.buffer);
    view.setBigUint64(0, this.#seed);
    for (let offset = 0; offset < count; offset += 32) {
      view.setBigUint64(8, this.#counter++);
      out.set(sha256(input).subarray(0, Math.min(32, count - offset)), offset);
    }
    return out;
  }

  /** A number in [0, below). */
  int(below: number): number {
    return new DataView(this.bytes(4).buffer).getUint32(0) % below;
  }
}
