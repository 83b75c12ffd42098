import type { Bounds } from "./smallWorld.js";
import type { StartName } from "./starts.js";

/** One search, and after how many states it gives up. */
export interface Search extends Bounds {
  readonly name: string;
  readonly start: StartName;
  readonly statesMax: number;
  /**
   * Of so many states that differ in a calm network, from one it is tried whether the thread lives on, with every placing
   * of the liars; 1: from all of them; null: from none.
   */
  readonly closings: number | null;
}

const BASE = {
  start: "genesis",
  keepers: 4,
  blocks: 3,
  height: 3,
  terms: 1,
  crashes: 0,
  losesDisks: false,
  timers: null,
  carriesMajority: false,
  statesMax: 1_000_000,
} as const;

/** Minutes on a laptop; each looks where the others do not. */
export const SMALL_SEARCHES: readonly Search[] = [
  { ...BASE, name: "terms", terms: 3, closings: 200 },
  { ...BASE, name: "crashes", blocks: 2, height: 2, terms: 2, crashes: 1, closings: 100 },
  // Who crashed meets a rival of the block that it attested: somebody must still have the body.
  { ...BASE, name: "bodies", blocks: 2, height: 1, crashes: 1, closings: 1, statesMax: 20_000 },
  { ...BASE, name: "chain", closings: 1 },
  { ...BASE, name: "rivals", blocks: 4, height: 2, statesMax: 300_000, closings: 20 },
  { ...BASE, name: "seven", keepers: 7, blocks: 2, height: 2, terms: 2, statesMax: 300_000, closings: 200 },
  {
    ...BASE,
    name: "late",
    start: "lateChain",
    keepers: 5,
    blocks: 1,
    height: 5,
    carriesMajority: true,
    statesMax: 200_000,
    closings: 20,
  },
  // A keeper that lost its disk holds less than I13 promises, and all of them may lose theirs.
  { ...BASE, name: "disks", height: 2, terms: 2, crashes: 1, losesDisks: true, closings: null, statesMax: 200_000 },
  { ...BASE, name: "lost", start: "lostVote", blocks: 1, height: 4, statesMax: 200_000, closings: 1 },
  { ...BASE, name: "timers", blocks: 1, height: 1, timers: 8, closings: 1, statesMax: 50_000 },
];

/** For a long night. */
export const DEEP_SEARCHES: readonly Search[] = [
  { ...BASE, name: "terms", terms: 3, closings: 1_000, statesMax: 8_000_000 },
  { ...BASE, name: "four terms", blocks: 4, height: 2, terms: 4, closings: 1_000, statesMax: 8_000_000 },
  { ...BASE, name: "long chain", blocks: 4, height: 4, closings: 200, statesMax: 8_000_000 },
  { ...BASE, name: "crashes", terms: 2, crashes: 1, closings: 1_000, statesMax: 8_000_000 },
  { ...BASE, name: "rivals", blocks: 4, height: 2, closings: 1, statesMax: 8_000_000 },
  { ...BASE, name: "seven", keepers: 7, blocks: 3, height: 2, terms: 2, closings: 2_000, statesMax: 8_000_000 },
];
