import { unixMs, type UnixMs } from "../ids.js";
import { err, ok, type Result } from "../result.js";

const WORD = 0x1_0000_0000;
/** Of a number up to 2^53 - 1. */
const HIGH_WORD_MAX = 0x1f_ffff;

/** Why bytes were refused; `offset` is where in them. */
export interface DecodeError {
  readonly code: "decodeError";
  readonly reason: string;
  readonly offset: number;
}

/** Leaves a decoder that met bad bytes; `decode` turns it into a `DecodeError`, and nothing else ever sees it. */
class Malformed extends Error {
  constructor(
    readonly reason: string,
    readonly offset: number,
  ) {
    super(reason);
  }
}

/**
 * Reads big-endian fields. Every length and count is compared with its limit and with the bytes that are left before
 * anything is allocated, so hostile input costs no more than its own size. Byte fields are views into the input.
 */
export class ByteReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #offset = 0;
  /** The same bytes, for their hex digits; made when first asked for. */
  #buffer: Buffer | null = null;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Refuses the input: call it for a value that no encoder would write. */
  fail(reason: string): never {
    throw new Malformed(reason, this.#offset);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  u53(): number {
    const start = this.#take(8);
    const high = this.#view.getUint32(start);
    if (high > HIGH_WORD_MAX) this.fail("number above 2^53");
    return high * WORD + this.#view.getUint32(start + 4);
  }

  time(): UnixMs {
    return unixMs(this.u53());
  }

  bool(): boolean {
    const value = this.u8();
    if (value > 1) this.fail("flag must be 0 or 1");
    return value === 1;
  }

  fixed(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  hex(lengthBytes: number): string {
    const start = this.#take(lengthBytes);
    const { buffer, byteOffset, byteLength } = this.#bytes;
    this.#buffer ??= Buffer.from(buffer, byteOffset, byteLength);
    return this.#buffer.toString("hex", start, start + lengthBytes);
  }

  /** A u32 length of at most `max`, then that many bytes. */
  bytes(max: number): Uint8Array {
    const length = this.u32();
    if (length > max) this.fail(`${length} bytes, at most ${max} are allowed`);
    return this.fixed(length);
  }

  /** A u32 count of at most `max`, then that many items of at least `itemBytesMin` bytes each. */
  list<T>(max: number, itemBytesMin: number, read: (reader: this) => T): T[] {
    const count = this.u32();
    if (count > max) this.fail(`${count} items, at most ${max} are allowed`);
    if (count * itemBytesMin > this.remaining) this.fail("count is larger than the input");
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read(this));
    return items;
  }

  option<T>(read: (reader: this) => T): T | null {
    return this.bool() ? read(this) : null;
  }

  #take(length: number): number {
    if (length > this.remaining) this.fail(`input ends ${length - this.remaining} bytes early`);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

/** Runs a decoder over all of `bytes`: bad input and left-over bytes become an error, our own bugs still throw. */
export function decode<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): Result<T, DecodeError> {
  const reader = new ByteReader(bytes);
  try {
    const value = read(reader);
    if (reader.remaining > 0) reader.fail(`${reader.remaining} bytes are left over`);
    return ok(value);
  } catch (error) {
    if (error instanceof Malformed) return err({ code: "decodeError", reason: error.reason, offset: error.offset });
    throw error;
  }
}
