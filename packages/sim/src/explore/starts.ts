import { assert } from "@sealwright/types";
import type { PooledBlock } from "./blockPool.js";
import type { KnownKeeper } from "./keeperTable.js";
import { after, type Move, type SmallWorld, type SmallWorlds, type Step } from "./smallWorld.js";

/** Where a search begins, when the trouble it looks for lies too deep for a search from the genesis block. */
export type StartName = keyof typeof STARTS;

export const STARTS = {
  genesis: () => undefined,
  /** A chain that passes its first deadlines with a majority and without a quorum; one keeper voted for its rival. */
  lateChain: (start) => {
    const first = start.next(null, null);
    start.give(first, [0, 1, 2]);
    const rival = start.next(null, null);
    start.give(rival, [3]);
    const second = start.next(first, null);
    start.give(second, [0, 1]);
    const third = start.next(second, null);
    start.give(third, [0, 1]);
    start.give(start.next(third, third), [0, 1]);
  },
  /** A chain that will be final, and a keeper that voted for the rival of its first block. */
  lostVote: (start) => {
    const first = start.next(null, null);
    start.give(first, [0, 1]);
    start.give(start.next(null, null), [2]);
    const second = start.next(first, first);
    start.give(second, [0, 1]);
    start.give(start.next(second, second), [0, 1]);
  },
} satisfies Record<string, (start: Start) => void>;

/** Leads a world through moves that are possible in it, one after the other. */
export class Start {
  readonly keepers: KnownKeeper[];
  world: SmallWorld;
  readonly moves: Move[] = [];
  readonly #worlds: SmallWorlds;

  constructor(worlds: SmallWorlds, world: SmallWorld) {
    this.#worlds = worlds;
    this.world = world;
    this.keepers = worlds.keepersOf(world);
  }

  /** A block on `parent` (null: the genesis block) that nobody has seen yet. */
  next(parent: PooledBlock | null, carries: PooledBlock | null): PooledBlock {
    const { pool } = this.#worlds;
    const found = this.#worlds
      .circumstances(this.world)
      .possible.find(
        ({ recipe }) =>
          recipe!.opening === null &&
          recipe!.parent === (parent ?? pool.genesis) &&
          (recipe!.carries?.block ?? null) === carries,
      );
    assert(found !== undefined, "a start makes only blocks that are possible");
    return found;
  }

  give(block: PooledBlock, keepers: readonly number[]): void {
    for (const keeper of keepers) this.#go(keeper, "receives", block.index);
  }

  #go(keeper: number, what: Step, argument: number): void {
    const from = this.keepers[keeper]!;
    const move = this.#worlds
      .moves(this.world, this.#worlds.circumstances(this.world))
      .find((one) => one.from === from && one.what === what && one.argument === argument);
    assert(move !== undefined, `a start makes only moves that are possible: k${keeper} ${what} ${argument}`);
    this.keepers[keeper] = move.to;
    this.moves.push(move);
    this.world = after(this.world, move);
  }
}
