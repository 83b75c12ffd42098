import { BitString, Cell } from "@ton/core";
import { sha256 } from "@sealwright/types";
import { type CellPart, cellsBelow, type CellSource, dataBitsOf } from "./cellPart.js";

const PRUNED = 1;
const HASH_BYTES = 32;
const DEPTH_BYTES = 2;
const EXOTIC_BIT = 0x08;

/** A bag whose cells the library can make, too. */
export interface HashedSource extends CellSource {
  readonly cellCount: number;
  isExotic(cell: number): boolean;
  toCell(cell: number): Cell;
}

interface Hashed {
  readonly hash: Uint8Array;
  readonly depth: number;
}

/**
 * Hashes of a bag's cells, each made once and only for what is asked. The library does the same in JavaScript, many times as
 * slowly, for every cell that it makes.
 */
export class CellHashes {
  readonly #boc: HashedSource;
  readonly #known = new Map<number, Hashed>();
  #hasPruned: boolean | null = null;

  constructor(boc: HashedSource) {
    this.#boc = boc;
  }

  of(cell: number): Uint8Array {
    if (this.hasPruned()) return this.#boc.toCell(cell).hash();
    return this.#hash(cell).hash;
  }

  ofPart({ raw, refs }: CellPart): Uint8Array {
    if (!this.hasPruned())
      return hashed(
        raw,
        refs.map((ref) => this.#hash(ref)),
      ).hash;
    const bits = new BitString(Buffer.from(raw.subarray(2)), 0, dataBitsOf(raw));
    const below = refs.map((ref) => this.#boc.toCell(ref));
    return new Cell({ bits, refs: below, exotic: (raw[0]! & EXOTIC_BIT) !== 0 }).hash();
  }

  /** Cells below come after a cell, so from the last one on all is known that a cell needs. */
  #hash(cell: number): Hashed {
    for (const one of cellsBelow(this.#boc, [cell], (known) => this.#known.has(known)).reverse()) {
      const { raw, refs } = this.#boc.part(one);
      this.#known.set(
        one,
        hashed(
          raw,
          refs.map((ref) => this.#known.get(ref)!),
        ),
      );
    }
    return this.#known.get(cell)!;
  }

  /** Above a cell that only stands for another one, cells have several hashes: those are left to the library. */
  hasPruned(): boolean {
    this.#hasPruned ??= Array.from({ length: this.#boc.cellCount }, (_, cell) => cell).some(
      (cell) => this.#boc.isExotic(cell) && this.#boc.part(cell).raw[2] === PRUNED,
    );
    return this.#hasPruned;
  }
}

function hashed(raw: Uint8Array, below: readonly Hashed[]): Hashed {
  const bytes = new Uint8Array(raw.length + below.length * (DEPTH_BYTES + HASH_BYTES));
  bytes.set(raw);
  below.forEach(({ hash, depth }, i) => {
    bytes[raw.length + DEPTH_BYTES * i] = depth >> 8;
    bytes[raw.length + DEPTH_BYTES * i + 1] = depth & 0xff;
    bytes.set(hash, raw.length + DEPTH_BYTES * below.length + HASH_BYTES * i);
  });
  // What its maker says of levels does not count: without a pruned cell below there are none.
  bytes[0]! &= 0x0f;
  return { hash: sha256(bytes), depth: below.reduce((max, { depth }) => Math.max(max, depth + 1), 0) };
}
