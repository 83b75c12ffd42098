import { BitString, Cell } from "@ton/core";
import { assert, toHex } from "@sealwright/types";

const MAGIC = 0xb5ee9c72;
const REFS_MASK = 0x07;
const EXOTIC_BIT = 0x08;
const HASHES_BIT = 0x10;

/**
 * The cells of a bag that the emulator made, read where they lie: none is copied, and none is hashed, which is most of what
 * a library spends on reading cells. What it finds is believed: bytes from elsewhere are checked before.
 */
export class BocView {
  readonly #bytes: Uint8Array;
  readonly #sizeBytes: number;
  /** Where each cell's descriptors stand. */
  readonly #starts: Uint32Array;
  readonly root: number;
  readonly #made = new Map<number, Cell>();

  /** @throws AssertionError when the bytes are none that the emulator would make: a bug of ours */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    assert(this.#uint(0, 4) === MAGIC, "the emulator's answer is a bag of cells");
    const flags = bytes[4]!;
    const size = (this.#sizeBytes = flags & 0x07);
    const offsetBytes = bytes[5]!;
    const count = this.#uint(6, size);
    const roots = this.#uint(6 + size, size);
    assert(roots === 1, "the emulator's bags have one root");
    const rootAt = 6 + 3 * size + offsetBytes;
    this.root = this.#uint(rootAt, size);
    const hasIndex = (flags & 0x80) !== 0;
    this.#starts = new Uint32Array(count);
    let at = rootAt + size + (hasIndex ? count * offsetBytes : 0);
    for (let cell = 0; cell < count; cell++) {
      this.#starts[cell] = at;
      const d1 = bytes[at]!;
      assert((d1 & HASHES_BIT) === 0, "the emulator's cells come without hashes");
      at += 2 + ((bytes[at + 1]! + 1) >> 1) + (d1 & REFS_MASK) * size;
    }
    assert(at <= bytes.length, "the emulator's bags are whole");
  }

  slice(cell: number): CellSlice {
    const start = this.#starts[cell]! + 2;
    return new CellSlice(this.#bytes, start * 8, start * 8 + this.#bitsOf(cell), this.refs(cell));
  }

  refs(cell: number): number[] {
    const start = this.#starts[cell]!;
    const count = this.#bytes[start]! & REFS_MASK;
    const first = start + 2 + ((this.#bytes[start + 1]! + 1) >> 1);
    return Array.from({ length: count }, (_, i) => this.#uint(first + i * this.#sizeBytes, this.#sizeBytes));
  }

  /** The cell with all below it, for what has to know its hash. Each is made once: few cells may be a tree of very many. */
  toCell(cell: number): Cell {
    const made = this.#made.get(cell) ?? this.#makeCell(cell);
    this.#made.set(cell, made);
    return made;
  }

  #makeCell(cell: number): Cell {
    const start = this.#starts[cell]!;
    const bits = new BitString(
      Buffer.from(this.#bytes.slice(start + 2, start + 2 + ((this.#bytes[start + 1]! + 1) >> 1))),
      0,
      this.#bitsOf(cell),
    );
    const refs = this.refs(cell).map((ref) => this.toCell(ref));
    return new Cell({ bits, refs, exotic: (this.#bytes[start]! & EXOTIC_BIT) !== 0 });
  }

  /**
   * A cell without refs as a bag of its own, in the form of `writeCell`.
   * @returns null when it has refs
   */
  writeSingle(cell: number): Uint8Array | null {
    const start = this.#starts[cell]!;
    if ((this.#bytes[start]! & REFS_MASK) !== 0) return null;
    const length = 2 + ((this.#bytes[start + 1]! + 1) >> 1);
    const offsetBytes = length < 0x100 ? 1 : 2;
    const head = [
      0xb5,
      0xee,
      0x9c,
      0x72,
      1,
      offsetBytes,
      1,
      1,
      0,
      ...(offsetBytes === 1 ? [] : [length >> 8]),
      length & 0xff,
      0,
    ];
    const written = new Uint8Array(head.length + length);
    written.set(head);
    written.set(this.#bytes.subarray(start, start + length), head.length);
    return written;
  }

  /** The last byte of data that is no whole byte ends in a one and zeros. */
  #bitsOf(cell: number): number {
    const start = this.#starts[cell]!;
    const d2 = this.#bytes[start + 1]!;
    if (d2 % 2 === 0) return d2 * 4;
    const bytes = (d2 + 1) >> 1;
    const last = this.#bytes[start + 1 + bytes]!;
    return bytes * 8 - 1 - Math.log2(last & -last);
  }

  #uint(at: number, bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 0x100 + this.#bytes[at + i]!;
    return value;
  }
}

/** Reads a cell from its front, bits and refs. */
export class CellSlice {
  #ref = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly end: number,
    private readonly cells: readonly number[],
  ) {}

  get bitsLeft(): number {
    return this.end - this.at;
  }

  get refsLeft(): number {
    return this.cells.length - this.#ref;
  }

  bit(): boolean {
    return this.uint(1) === 1;
  }

  /** @param bits at most 48 */
  uint(bits: number): number {
    assert(this.at + bits <= this.end, "the emulator's cells hold what their kind says");
    let value = 0;
    for (let left = bits; left > 0;) {
      const inByte = 8 - (this.at & 7);
      const taken = Math.min(inByte, left);
      value = value * 2 ** taken + ((this.bytes[this.at >> 3]! >> (inByte - taken)) & ((1 << taken) - 1));
      this.at += taken;
      left -= taken;
    }
    return value;
  }

  /** @param bits at most 32 */
  int(bits: number): number {
    const value = this.uint(bits);
    return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }

  big(bits: number): bigint {
    let value = 0n;
    for (let left = bits; left > 0;) {
      const taken = Math.min(32, left);
      value = (value << BigInt(taken)) | BigInt(this.uint(taken));
      left -= taken;
    }
    return value;
  }

  /** A number that says its length in bytes first, in so many bits. */
  varUint(lengthBits: number): bigint {
    return this.big(this.uint(lengthBits) * 8);
  }

  coins(): bigint {
    return this.varUint(4);
  }

  skip(bits: number): void {
    assert(this.at + bits <= this.end, "the emulator's cells hold what their kind says");
    this.at += bits;
  }

  raw(bytes: number): Uint8Array {
    if ((this.at & 7) === 0) {
      const start = this.at >> 3;
      this.skip(bytes * 8);
      return this.bytes.slice(start, start + bytes);
    }
    return Uint8Array.from({ length: bytes }, () => this.uint(8));
  }

  hex(bytes: number): string {
    return toHex(this.raw(bytes));
  }

  /** The next ref. */
  ref(): number {
    const cell = this.cells[this.#ref];
    assert(cell !== undefined, "the emulator's cells have the refs that their kind says");
    this.#ref += 1;
    return cell;
  }
}
