import type { Address, Cell, Slice } from "@ton/core";

/** What is read of an external message that nobody checked yet. */
export interface ExternalMessage {
  readonly dest: Address;
  readonly body: Cell;
}

/**
 * Leaves alone what a contract starts with: the library's reader unfolds the dictionary of its libraries, and one of few
 * cells that are shared at each fork has more entries than anybody could ever visit.
 * @throws when the cell is no external message
 */
export function readExternalMessage(cell: Cell): ExternalMessage {
  const slice = cell.beginParse();
  if (slice.loadUint(2) !== 0b10) throw new TypeError("no external inbound message");
  slice.loadMaybeExternalAddress();
  const dest = slice.loadAddress();
  slice.loadCoins();
  if (slice.loadBit()) skipStateInit(slice);
  return { dest, body: slice.loadBit() ? slice.loadRef() : slice.asCell() };
}

const SPLIT_DEPTH_BITS = 5;
const TICK_TOCK_BITS = 2;

function skipStateInit(slice: Slice): void {
  if (slice.loadBit()) {
    slice.loadRef();
    return;
  }
  if (slice.loadBit()) slice.skip(SPLIT_DEPTH_BITS);
  if (slice.loadBit()) slice.skip(TICK_TOCK_BITS);
  // Code, data, libraries.
  for (let i = 0; i < 3; i++) slice.loadMaybeRef();
}
