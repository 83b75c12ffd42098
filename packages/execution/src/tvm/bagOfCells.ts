import { Cell } from "@ton/core";

/** Of messages and stacks from outside: deeper ones are refused before anything walks them. */
export const GIVEN_DEPTH_MAX = 512;
/** Of what the virtual machine made, which wraps what it was given. */
export const MADE_DEPTH_MAX = 1_024;

/** @returns the one root of a bag of cells, or null when the bytes are none, hold several, or nest too deep */
export function readCell(bytes: Uint8Array, depthMax = GIVEN_DEPTH_MAX): Cell | null {
  try {
    // The library throws for every flaw of foreign bytes: here it becomes an answer.
    const roots = Cell.fromBoc(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const [root] = roots;
    return roots.length === 1 && root !== undefined && root.depth() <= depthMax ? root : null;
  } catch {
    return null;
  }
}

/** In the one form in which this network keeps cells, so that equal cells have equal bytes. */
export function writeCell(cell: Cell): Uint8Array {
  // A copy of its own: the library's buffer may be a piece of a shared one, which it would keep alive.
  return new Uint8Array(cell.toBoc({ idx: false, crc32: false }));
}
