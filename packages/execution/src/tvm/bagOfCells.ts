import type { Cell } from "@ton/core";
import { type BagLimits, isReadableBag } from "./bagCheck.js";
import { BocView } from "./bocView.js";

/** Of messages and stacks from outside: larger ones are refused before anything walks or hashes them. */
export const GIVEN_BAG: BagLimits = { depthMax: 512, cellsMax: 2_048 };
/** Of messages between accounts, which were made of given ones: the configuration bounds them otherwise. */
export const SENT_BAG: BagLimits = { depthMax: 512, cellsMax: Infinity };
/** Of what the virtual machine made, which wraps what it was given. */
export const MADE_BAG: BagLimits = { depthMax: 1_024, cellsMax: Infinity };

/** @returns the bag of cells, checked; null when the bytes are none, hold several roots, or too much */
export function readBag(bytes: Uint8Array, limits: BagLimits): BocView | null {
  if (!isReadableBag(bytes, limits)) return null;
  const boc = new BocView(bytes);
  return areExoticsWell(boc) ? boc : null;
}

/** What exotic cells must hold is the library's to know: it makes each of them, and what lies below. */
function areExoticsWell(boc: BocView): boolean {
  try {
    for (let cell = 0; cell < boc.cellCount; cell++) if (boc.isExotic(cell)) boc.toCell(cell);
    return true;
  } catch {
    return false;
  }
}

/** @returns the root of a bag of cells, or null when the bytes are none, hold several, or too much */
export function readCell(bytes: Uint8Array, limits = GIVEN_BAG): Cell | null {
  const boc = readBag(bytes, limits);
  return boc === null ? null : boc.toCell(boc.root);
}

/** In the one form in which this network keeps cells, so that equal cells have equal bytes. */
export function writeCell(cell: Cell): Uint8Array {
  // A copy of its own: the library's buffer may be a piece of a shared one, which it would keep alive.
  return new Uint8Array(cell.toBoc({ idx: false, crc32: false }));
}
