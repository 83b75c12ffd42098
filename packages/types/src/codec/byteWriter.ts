import { assert } from "../assert.js";

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Appends big-endian fields to a growing buffer. Encoders are total: what they are given was checked when it was made,
 * so a value out of range is our bug and asserts.
 */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  u8(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xff, `u8 out of range: ${value}`);
    this.#reserve(1);
    this.#length = this.#buffer.writeUInt8(value, this.#length);
    return this;
  }

  u16(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff, `u16 out of range: ${value}`);
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16BE(value, this.#length);
    return this;
  }

  u32(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, `u32 out of range: ${value}`);
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
    return this;
  }

  u64(value: bigint): this {
    assert(value >= 0n && value <= U64_MAX, `u64 out of range: ${value}`);
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64BE(value, this.#length);
    return this;
  }

  /** A non-negative safe integer in 64 bits: times in milliseconds. */
  u53(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, `u53 out of range: ${value}`);
    return this.u64(BigInt(value));
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  /** Bytes of a length that both sides know. */
  fixed(bytes: Uint8Array, length: number): this {
    assert(bytes.length === length, `expected ${length} bytes, got ${bytes.length}`);
    this.#reserve(length);
    this.#buffer.set(bytes, this.#length);
    this.#length += length;
    return this;
  }

  /** Hex digits of an id, as their bytes. */
  hex(text: string): this {
    assert(text.length % 2 === 0, "hex digits come in pairs");
    const length = text.length / 2;
    this.#reserve(length);
    const written = this.#buffer.write(text, this.#length, length, "hex");
    assert(written === length, "not hex digits");
    this.#length += length;
    return this;
  }

  /** A u32 length, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).fixed(bytes, bytes.length);
  }

  /** A u32 count, then every item. */
  list<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  /** A presence byte, then the value. */
  option<T>(value: T | null, write: (writer: this, value: T) => void): this {
    this.bool(value !== null);
    if (value !== null) write(this, value);
    return this;
  }

  /** @returns a copy of its own, of exactly what was written */
  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
