import { Address, BitString, Cell } from "@ton/core";
import { assert, toHex } from "@sealwright/types";
import { CellHashes, type HashedSource } from "./cellHashes.js";
import { type CellPart, dataBitsOf } from "./cellPart.js";

const MAGIC = 0xb5ee9c72;
const REFS_MASK = 0x07;
const EXOTIC_BIT = 0x08;
const HASHES_BIT = 0x10;
const LEVEL_BITS = 0xe0;
const NO_ADDRESS = 0;
const EXTERNAL_ADDRESS = 1;
const STANDARD_ADDRESS = 2;

interface Extent {
  readonly bits: number;
  readonly refs: number;
}

/**
 * The cells of a bag that the emulator made, read where they lie: none is copied, and none is hashed, which is most of what
 * a library spends on reading cells. What it finds is believed: bytes from elsewhere are checked before (`readBag`).
 */
export class BocView implements HashedSource {
  readonly #bytes: Uint8Array;
  readonly #sizeBytes: number;
  /** Where each cell's descriptors stand. */
  readonly #starts: Uint32Array;
  readonly root: number;
  readonly #made = new Map<number, Cell>();
  readonly #hashes = new CellHashes(this);

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

  get cellCount(): number {
    return this.#starts.length;
  }

  isExotic(cell: number): boolean {
    return (this.#bytes[this.#starts[cell]!]! & EXOTIC_BIT) !== 0;
  }

  part(cell: number): CellPart {
    const start = this.#starts[cell]!;
    const end = start + 2 + ((this.#bytes[start + 1]! + 1) >> 1);
    return { raw: this.#bytes.subarray(start, end), refs: this.refs(cell) };
  }

  /** What is left of a cell, or so much of it, as a cell of its own. */
  rest(slice: CellSlice, { bits, refs: refCount }: Extent = { bits: slice.bitsLeft, refs: slice.refsLeft }): CellPart {
    if (bits < 0 || refCount < 0) throw new ShortCellError();
    const whole = bits >> 3;
    const odd = bits & 7;
    const raw = new Uint8Array(2 + whole + (odd === 0 ? 0 : 1));
    raw.set(slice.raw(whole), 2);
    // Data that is no whole byte ends in a one and zeros.
    if (odd !== 0) raw[2 + whole] = ((slice.uint(odd) << 1) | 1) << (7 - odd);
    const refs = Array.from({ length: refCount }, () => slice.ref());
    const levels = refs.reduce((all, ref) => all | (this.#bytes[this.#starts[ref]!]! & LEVEL_BITS), 0);
    raw[0] = levels | refs.length;
    raw[1] = whole * 2 + (odd === 0 ? 0 : 1);
    return { raw, refs };
  }

  /** SHA-256 over the cell and the hashes of all below it: each cell of the bag is hashed once. */
  hash(cell: number | CellPart): Uint8Array {
    return typeof cell === "number" ? this.#hashes.of(cell) : this.#hashes.ofPart(cell);
  }

  /** Whether cells of the bag only stand for others that are not there. */
  hasPruned(): boolean {
    return this.#hashes.hasPruned();
  }

  /** @throws ShortCellError for a cell of another kind than data: what it holds is not what it seems to hold */
  slice(cell: number): CellSlice {
    if (this.isExotic(cell)) throw new ShortCellError();
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

  #bitsOf(cell: number): number {
    return dataBitsOf(this.#bytes, this.#starts[cell]);
  }

  #uint(at: number, bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 0x100 + this.#bytes[at + i]!;
    return value;
  }
}

/** A cell is no data, or ends before what its kind should hold: a bug where the emulator made it, an answer elsewhere. */
export class ShortCellError extends Error {
  override readonly name = "ShortCellError";

  constructor() {
    super("a cell holds what its kind says");
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

  /** Another reader, which goes on from here by itself. */
  copy(): CellSlice {
    return new CellSlice(this.bytes, this.at, this.end, this.cells.slice(this.#ref));
  }

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
    if (this.at + bits > this.end) throw new ShortCellError();
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
    if (this.at + bits > this.end) throw new ShortCellError();
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
    if (cell === undefined) throw new ShortCellError();
    this.#ref += 1;
    return cell;
  }

  maybeRef(): number | null {
    return this.bit() ? this.ref() : null;
  }

  /** An account's address; one whose beginning is rewritten is told as it is after that. */
  address(): Address {
    if (this.uint(2) !== STANDARD_ADDRESS) throw new ShortCellError();
    const depth = this.bit() ? this.uint(5) : 0;
    const prefix = this.uint(depth);
    const workchain = this.int(8);
    const hash = Buffer.from(this.raw(32));
    for (let i = 0; i < depth; i++) {
      const mask = 0x80 >> (i & 7);
      const isOne = Math.floor(prefix / 2 ** (depth - 1 - i)) % 2 === 1;
      hash[i >> 3] = isOne ? hash[i >> 3]! | mask : hash[i >> 3]! & ~mask;
    }
    return new Address(workchain, hash);
  }

  /** Skips who, outside of the network, a message is from or for. */
  skipExternalAddress(): void {
    const kind = this.uint(2);
    if (kind === EXTERNAL_ADDRESS) this.skip(this.uint(9));
    else if (kind !== NO_ADDRESS) throw new ShortCellError();
  }
}
