import { writeCell } from "./bagOfCells.js";
import type { BocView } from "./bocView.js";
import { type CellPart, cellsBelow, type CellSource } from "./cellPart.js";

/**
 * A cell with all below it as a bag of its own. Nothing is hashed: a cell that stands twice in its source stands twice in the
 * bag, too. In another order than `writeCell`, so it is for readers, not for what is compared by its bytes.
 */
export function writeBag(source: CellSource, cell: number | CellPart): Uint8Array {
  const root = typeof cell === "number" ? source.part(cell) : cell;
  const below = cellsBelow(source, root.refs);
  const placeOf = new Map(below.map((one, i) => [one, i + 1]));
  const cells = [root, ...below.map((one) => source.part(one))];
  return writeCells(cells.map(({ raw, refs }) => ({ raw, refs: refs.map((ref) => placeOf.get(ref)!) })));
}

/** All of a bag as `writeCell` writes its root, byte for byte, many times as fast. */
export function writeShortest(boc: BocView): Uint8Array {
  // Their levels are the library's to know.
  if (boc.hasPruned()) return writeCell(boc.toCell(boc.root));
  const firstOf = new Map<string, number>();
  const same = cellsBelow(boc, [boc.root]).map((cell): readonly [number, number] => {
    const hash = Buffer.from(boc.hash(cell)).toString("latin1");
    const first = firstOf.get(hash) ?? cell;
    firstOf.set(hash, first);
    return [cell, first];
  });
  const order = orderOf(boc, new Map(same));
  const placeOf = new Map(order.map((cell, i) => [cell, i]));
  const standsFor = new Map(same);
  return writeCells(
    order.map((cell) => {
      const { raw, refs } = boc.part(cell);
      return { raw: withoutLevels(raw), refs: refs.map((ref) => placeOf.get(standsFor.get(ref)!)!) };
    }),
  );
}

/** A cell after all that refer to it, of its refs the first one first. */
function orderOf(boc: BocView, standsFor: ReadonlyMap<number, number>): number[] {
  const visited = new Set<number>();
  const order: number[] = [];
  const visit = (cell: number): void => {
    if (visited.has(cell)) return;
    visited.add(cell);
    for (const ref of boc.refs(cell).reverse()) visit(standsFor.get(ref)!);
    order.push(cell);
  };
  visit(boc.root);
  return order.reverse();
}

const LEVEL_BITS = 0xe0;

function withoutLevels(raw: Uint8Array): Uint8Array {
  if ((raw[0]! & LEVEL_BITS) === 0) return raw;
  const copy = raw.slice();
  copy[0]! &= ~LEVEL_BITS;
  return copy;
}

const HEAD = [0xb5, 0xee, 0x9c, 0x72] as const;

/** @param cells in order, the root first; refs are places in it */
function writeCells(cells: readonly CellPart[]): Uint8Array {
  const sizeBytes = bytesFor(cells.length);
  const total = cells.reduce((sum, { raw, refs }) => sum + raw.length + refs.length * sizeBytes, 0);
  const offsetBytes = bytesFor(total);
  const written = new Uint8Array(HEAD.length + 2 + 4 * sizeBytes + offsetBytes + total);
  let at = 0;
  const put = (value: number, bytes: number): void => {
    for (let left = bytes - 1; left >= 0; left--) written[at++] = Math.floor(value / 0x100 ** left) & 0xff;
  };
  for (const byte of HEAD) put(byte, 1);
  put(sizeBytes, 1);
  put(offsetBytes, 1);
  // Cells, roots, absent cells; their bytes; the root.
  put(cells.length, sizeBytes);
  put(1, sizeBytes);
  put(0, sizeBytes);
  put(total, offsetBytes);
  put(0, sizeBytes);
  for (const { raw, refs } of cells) {
    written.set(raw, at);
    at += raw.length;
    for (const ref of refs) put(ref, sizeBytes);
  }
  return written;
}

function bytesFor(value: number): number {
  let bytes = 1;
  while (value >= 0x100 ** bytes) bytes += 1;
  return bytes;
}
