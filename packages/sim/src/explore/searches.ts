import type { Bounds } from "./smallWorld.js";

/** One search, and after how many states it gives up. */
export interface Search extends Bounds {
  readonly statesMax: number;
}

/** Small enough for every test run: deep chains, many rivals, and crashes, each in a world of its own. */
export const SMALL_SEARCHES: readonly Search[] = [
  { keepers: 4, blocks: 3, height: 3, terms: 1, crashes: 0, statesMax: 100_000 },
  { keepers: 4, blocks: 4, height: 2, terms: 1, crashes: 0, statesMax: 60_000 },
  { keepers: 4, blocks: 2, height: 2, terms: 1, crashes: 1, statesMax: 100_000 },
];

/** For a long night. */
export const DEEP_SEARCHES: readonly Search[] = [
  { keepers: 4, blocks: 4, height: 4, terms: 1, crashes: 0, statesMax: 3_000_000 },
  { keepers: 4, blocks: 4, height: 2, terms: 1, crashes: 0, statesMax: 3_000_000 },
  { keepers: 4, blocks: 3, height: 3, terms: 1, crashes: 1, statesMax: 3_000_000 },
];
