import type { CellSlice } from "./bocView.js";

/** Where the code and data of a contract stand in a bag of cells. */
export interface ContractCells {
  readonly code: number | null;
  readonly data: number | null;
}

const SPLIT_DEPTH_BITS = 5;
const TICK_TOCK_BITS = 2;

/**
 * Reads what a contract starts with and leaves its libraries alone. The library's reader unfolds every dictionary into a
 * map: one of few cells that are shared at each fork has more entries than anybody could ever visit.
 */
export function readContractCells(slice: CellSlice): ContractCells {
  if (slice.bit()) slice.skip(SPLIT_DEPTH_BITS);
  if (slice.bit()) slice.skip(TICK_TOCK_BITS);
  const code = slice.maybeRef();
  const data = slice.maybeRef();
  slice.maybeRef();
  return { code, data };
}
