import { AssertionError } from "../assert.js";
import { hexInto } from "../hexInto.js";

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const WORD = 0x1_0000_0000;
/** Memory with its view. */
interface Scratch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** What finished writers left behind: most write a few fields, and memory of their own would cost more than those. */
const spare: Scratch[] = [];
const SPARE_MAX = 8;
const SCRATCH_BYTES_MIN = 1_024;
const SPARE_BYTES_MAX = 128 * 1_024;
const EMPTY: Scratch = scratchOver(new Uint8Array(0));

/**
 * Appends big-endian fields to a growing buffer. Encoders are total: what they are given was checked when it was made,
 * so a value out of range is our bug and asserts.
 */
export class ByteWriter {
  #scratch: Scratch;
  /** What `finish` gave, until more is written. */
  #done: Uint8Array | null = null;
  #length = 0;

  constructor(capacity = 256) {
    const known = spare.pop();
    this.#scratch = known !== undefined && known.bytes.length >= capacity ? known : newScratch(capacity);
  }

  u8(value: number): this {
    if (!(Number.isInteger(value) && value >= 0 && value <= 0xff)) outOfRange("u8", value);
    const at = this.#take(1);
    this.#scratch.bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    if (!(Number.isInteger(value) && value >= 0 && value <= 0xffff)) outOfRange("u16", value);
    const at = this.#take(2);
    this.#scratch.view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    if (!(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)) outOfRange("u32", value);
    const at = this.#take(4);
    this.#scratch.view.setUint32(at, value);
    return this;
  }

  u64(value: bigint): this {
    if (!(value >= 0n && value <= U64_MAX)) outOfRange("u64", value);
    const at = this.#take(8);
    this.#scratch.view.setBigUint64(at, value);
    return this;
  }

  /** A non-negative safe integer in 64 bits: times in milliseconds. */
  u53(value: number): this {
    if (!(Number.isSafeInteger(value) && value >= 0)) outOfRange("u53", value);
    const at = this.#take(8);
    this.#scratch.view.setUint32(at, Math.floor(value / WORD));
    this.#scratch.view.setUint32(at + 4, value % WORD);
    return this;
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  /** Bytes of a length that both sides know. */
  fixed(bytes: Uint8Array, length: number): this {
    if (bytes.length !== length) throw new AssertionError(`expected ${length} bytes, got ${bytes.length}`);
    const at = this.#take(length);
    this.#scratch.bytes.set(bytes, at);
    return this;
  }

  /** Hex digits of an id, as their bytes. */
  hex(text: string): this {
    if (text.length % 2 !== 0) throw new AssertionError("hex digits come in pairs");
    const start = this.#take(text.length / 2);
    if (!hexInto(text, this.#scratch.bytes, start)) throw new AssertionError("not hex digits");
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
    if (this.#done !== null) return this.#done.slice();
    const written = this.#scratch.bytes.slice(0, this.#length);
    if (spare.length < SPARE_MAX && this.#scratch.bytes.length <= SPARE_BYTES_MAX) spare.push(this.#scratch);
    this.#done = written;
    this.#scratch = EMPTY;
    return written;
  }

  /** @returns where the next `extra` bytes begin */
  #take(extra: number): number {
    const start = this.#length;
    const needed = start + extra;
    if (needed > this.#scratch.bytes.length) this.#grow(needed);
    this.#length = needed;
    return start;
  }

  #grow(needed: number): void {
    const grown = newScratch(Math.max(needed, this.#scratch.bytes.length * 2));
    // Whoever writes on after `finish` begins with what was written: the spare memory may be another's by now.
    grown.bytes.set(this.#done ?? this.#scratch.bytes.subarray(0, this.#length));
    this.#done = null;
    this.#scratch = grown;
  }
}

function newScratch(capacity: number): Scratch {
  return scratchOver(new Uint8Array(Math.max(capacity, SCRATCH_BYTES_MIN)));
}

function scratchOver(bytes: Uint8Array): Scratch {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

function outOfRange(kind: string, value: number | bigint): never {
  throw new AssertionError(`${kind} out of range: ${value}`);
}
