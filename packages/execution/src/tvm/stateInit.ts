import type { Cell, Slice } from "@ton/core";

/** The code and data of a contract. */
export interface ContractState {
  readonly code: Cell | null;
  readonly data: Cell | null;
}

const SPLIT_DEPTH_BITS = 5;
const TICK_TOCK_BITS = 2;

/**
 * Reads what a contract starts with and leaves its libraries alone. The library's reader unfolds every dictionary into a
 * map: one of few cells that are shared at each fork has more entries than anybody could ever visit.
 */
export function loadContractState(slice: Slice): ContractState {
  if (slice.loadBit()) slice.skip(SPLIT_DEPTH_BITS);
  if (slice.loadBit()) slice.skip(TICK_TOCK_BITS);
  const code = slice.loadMaybeRef();
  const data = slice.loadMaybeRef();
  slice.loadMaybeRef();
  return { code, data };
}
