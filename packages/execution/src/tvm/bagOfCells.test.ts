import { beginCell, BitString, Cell, convertToMerkleProof } from "@ton/core";
import { describe, expect, it, vi } from "vitest";
import { SeededRandom } from "@sealwright/types/testing";
import { chainBag } from "../testing/chainBag.js";
import { GIVEN_BAG, MADE_BAG, readBag, SENT_BAG, writeCell } from "./bagOfCells.js";
import { BocView } from "./bocView.js";
import { writeBag, writeShortest } from "./writeBag.js";

const random = new SeededRandom(21);
const below = (max: number): number => Buffer.from(random.bytes(4)).readUInt32LE() % max;

/** Equal cells in several places, as real ones have them. */
function randomCell(depth: number): Cell {
  const builder = beginCell();
  for (let bits = below(below(4) === 0 ? 1_023 : 20); bits > 0; bits--) builder.storeBit(below(2));
  let last = Cell.EMPTY;
  for (let refs = depth === 0 ? 0 : below(5); refs > 0; refs--)
    builder.storeRef((last = below(4) === 0 ? last : randomCell(depth - 1)));
  return builder.endCell();
}

const LIBRARY = new Cell({
  exotic: true,
  bits: new BitString(Buffer.concat([Buffer.of(2), Buffer.alloc(32, 7)]), 0, 264),
});

/** A proof that leaves out what lies below, and a cell that only names another one. */
const exotics = (): Cell[] => {
  const proved = beginCell().storeRef(randomCell(1)).storeUint(below(256), 8).endCell();
  const pruned = new Cell({
    exotic: true,
    bits: beginCell().storeUint(0x0101, 16).storeBuffer(proved.hash()).storeUint(proved.depth(), 16).endCell().bits,
  });
  const proof = convertToMerkleProof(beginCell().storeRef(pruned).storeUint(1, 8).endCell());
  return [
    beginCell().storeRef(LIBRARY).storeRef(randomCell(2)).endCell(),
    LIBRARY,
    proof,
    beginCell().storeRef(proof).endCell(),
  ];
};

function libraryReads(bytes: Uint8Array): Cell | null {
  try {
    return Cell.fromBoc(Buffer.from(bytes))[0] ?? null;
  } catch {
    return null;
  }
}

describe("a bag of cells from elsewhere", () => {
  it("[I12] of too many levels or cells is refused before one of them is made or hashed", () => {
    const toCell = vi.spyOn(BocView.prototype, "toCell");
    const hash = vi.spyOn(BocView.prototype, "hash");
    for (const limits of [GIVEN_BAG, SENT_BAG, MADE_BAG]) expect(readBag(chainBag(16_000), limits)).toBeNull();
    expect(readBag(chainBag(GIVEN_BAG.depthMax + 2), GIVEN_BAG)).toBeNull();
    expect(readBag(chainBag(GIVEN_BAG.depthMax + 1), GIVEN_BAG)).not.toBeNull();
    const wide = (cells: number): Uint8Array => chainBag(cells, (cell) => [2 * cell + 1, 2 * cell + 2]);
    expect(readBag(wide(GIVEN_BAG.cellsMax + 1), GIVEN_BAG)).toBeNull();
    expect(readBag(wide(GIVEN_BAG.cellsMax), GIVEN_BAG)).not.toBeNull();
    expect([toCell.mock.calls, hash.mock.calls]).toEqual([[], []]);
    vi.restoreAllMocks();
  });

  it("[I12] is measured by its cells, not by the ways to them", () => {
    const forks = chainBag(400, (cell) => [cell + 1, cell + 1]);
    const bag = readBag(forks, GIVEN_BAG)!;
    const part = vi.spyOn(bag, "part");
    bag.hash(bag.root);
    expect(part.mock.calls.length).toBeLessThanOrEqual(2 * 400);
    expect(readBag(writeBag(bag, bag.root), GIVEN_BAG)?.cellCount).toBe(400);
    expect(writeShortest(bag).length).toBeLessThanOrEqual(forks.length);
  });

  it("is read, hashed and written as the library does it, whatever its form", () => {
    const cells = [...Array.from({ length: 60 }, () => randomCell(3)), ...Array.from({ length: 10 }, exotics).flat()];
    for (const cell of cells) {
      for (const options of [
        { idx: false, crc32: false },
        { idx: true, crc32: true },
      ]) {
        const bag = readBag(new Uint8Array(cell.toBoc(options)), SENT_BAG)!;
        expect(Buffer.from(bag.hash(bag.root)).equals(cell.hash())).toBe(true);
        expect(libraryReads(writeBag(bag, bag.root))!.equals(cell)).toBe(true);
        expect(Buffer.from(writeShortest(bag)).equals(writeCell(cell))).toBe(true);
      }
    }
  });

  it("is written in its shortest form when it holds cells twice, more than it needs, or levels that are none", () => {
    for (let i = 0; i < 200; i++) {
      // Equal cells under several numbers, some of which nothing refers to.
      const count = 2 + below(30);
      const bytes = chainBag(count, (cell) =>
        Array.from({ length: below(4) }, () => cell + 1 + below(count)).filter((ref) => ref < count),
      );
      if (i % 4 === 0) bytes[bytes.length - 2]! |= 0x20;
      const read = libraryReads(bytes)!;
      const bag = readBag(bytes, SENT_BAG)!;
      expect(Buffer.from(bag.hash(bag.root)).equals(read.hash())).toBe(true);
      expect(Buffer.from(writeShortest(bag)).equals(writeCell(read))).toBe(true);
    }
  });

  it("that was changed anywhere is refused, or is what the library reads in it", () => {
    let taken = 0;
    for (let i = 0; i < 800; i++) {
      const bytes = new Uint8Array((i % 5 === 0 ? exotics()[below(4)]! : randomCell(1)).toBoc({ crc32: i % 2 === 0 }));
      for (let changes = 1 + below(3); changes > 0; changes--) bytes[below(bytes.length)] = below(256);
      const bag = readBag(bytes.subarray(0, below(20) === 0 ? below(bytes.length) : undefined), SENT_BAG);
      if (bag === null) continue;
      taken += 1;
      const read = libraryReads(bytes)!;
      expect(Buffer.from(bag.hash(bag.root)).equals(read.hash())).toBe(true);
      expect(Buffer.from(writeShortest(bag)).equals(writeCell(read))).toBe(true);
    }
    expect(taken).toBeGreaterThan(100);
  });
});

describe("what is left of a cell", () => {
  it("is the cell that the library makes of it", () => {
    for (let i = 0; i < 50; i++) {
      const inner = randomCell(2);
      const cell = beginCell()
        .storeUint(5, 8)
        .storeSlice(new Cell({ bits: inner.bits.substring(0, inner.bits.length >> 1), refs: inner.refs }).beginParse())
        .endCell();
      const bag = new BocView(writeCell(cell));
      const [ours, theirs] = [bag.slice(bag.root), cell.beginParse()];
      const bits = below(9);
      ours.skip(bits);
      theirs.skip(bits);
      const part = bag.rest(ours);
      expect(Buffer.from(bag.hash(part)).equals(theirs.asCell().hash())).toBe(true);
      expect(libraryReads(writeBag(bag, part))!.equals(theirs.asCell())).toBe(true);
    }
  });
});
