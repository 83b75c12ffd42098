import { createTestNetwork } from "@sealwright/consensus/testing";
import { BlockPool } from "./blockPool.js";
import { Closings, type ClosingsReport } from "./closings.js";
import { KeeperTable, type KnownKeeper } from "./keeperTable.js";
import { findConflict, findLeftAside, type SmallViolation } from "./smallInvariants.js";
import { newKeeper } from "./smallKeeper.js";
import type { Search } from "./searches.js";
import { Start, STARTS } from "./starts.js";
import { after, type Move, nameOf, SmallWorlds, type SmallWorld, tell } from "./smallWorld.js";

/** Every state within the bounds was seen; `statesMax` was reached; or something was found. */
export type SearchEnd = "complete" | "bound" | "violation";

/** An invariant that a search saw broken; `story` tells the moves that led there. */
export interface FoundViolation {
  readonly search: string;
  readonly invariant: string;
  readonly story: string;
}

/** How far a search got, and what it found. */
export interface ExploreReport {
  readonly search: Search;
  /** Of the keepers. */
  readonly liars: number;
  /** Different states seen; those that differ only in which honest keeper is which count once. */
  readonly states: number;
  readonly endedBy: SearchEnd;
  /** Null where a search tries none. */
  readonly closingsTried: ClosingsReport | null;
  readonly violation: FoundViolation | null;
}

interface Reached {
  readonly world: SmallWorld;
  readonly move: Move | null;
  readonly from: Reached | null;
}

/** A search gives way to whatever else its process has to do after so many states. */
const STATES_AT_ONCE = 200;

/**
 * Searches everything that can happen in a small world, breadth first, with the real `step` of the keepers. Execution
 * always succeeds and signatures are not made: what is left are the rules of voting, switching and finality.
 * @returns the shortest violation, if there is one
 */
export async function explore(search: Search): Promise<ExploreReport> {
  const { statesMax, closings: every, start: startName, ...bounds } = search;
  const { rules, root } = createTestNetwork(bounds.keepers);
  const pool = new BlockPool(rules, root);
  const table = new KeeperTable(pool);
  const { quorum, majority, faultTolerance: liars } = rules.keepers;
  const worlds = new SmallWorlds(pool, table, search, { quorum, majority, liars });
  const closings = every === null ? null : new Closings(pool, rules, every);
  const first = table.intern(
    newKeeper(rules, pool.genesis, {
      crashes: bounds.crashes,
      timers: bounds.timers ?? 0,
      hasMarks: bounds.losesDisks,
    }),
    null,
  );
  const beginning: SmallWorld = {
    keepers: Array.from({ length: bounds.keepers - liars }, () => first.index),
    blocks: [],
  };
  const start = new Start(worlds, beginning);
  STARTS[startName](start);
  worlds.blocksMax = start.world.blocks.length + bounds.blocks;
  let frontier: Reached[] = [{ world: start.world, move: null, from: null }];
  const seen = new Set([nameOf(start.world)]);
  const report = (endedBy: SearchEnd, violation: FoundViolation | null = null): ExploreReport => ({
    search,
    liars,
    states: seen.size,
    endedBy,
    closingsTried: closings?.report ?? null,
    violation,
  });
  const found = (violation: SmallViolation, reached: Reached): ExploreReport => {
    const story = tellStory(violation, reached, start, beginning, worlds);
    return report("violation", { search: search.name, invariant: violation.invariant, story });
  };
  let looked = 0;
  while (frontier.length > 0) {
    const next: Reached[] = [];
    for (const reached of frontier) {
      if (++looked % STATES_AT_ONCE === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      const circumstances = worlds.circumstances(reached.world);
      const finals = worlds.finals(reached.world, circumstances);
      const violation =
        findConflict(finals) ??
        findLeftAside(finals, circumstances.firstBlocks) ??
        closings?.look(reached.world, worlds) ??
        null;
      if (violation !== null) return found(violation, reached);
      for (const move of worlds.moves(reached.world, circumstances)) {
        const world = after(reached.world, move);
        const name = nameOf(world);
        if (seen.has(name)) continue;
        seen.add(name);
        const child = { world, move, from: reached };
        if (move.to.violation !== null) return found(move.to.violation, child);
        if (seen.size >= statesMax) return report("bound");
        next.push(child);
      }
    }
    frontier = next;
  }
  return report("complete");
}

/** Keepers are named only here: whoever was in the state that a move began in made it. */
function tellStory(
  { text }: SmallViolation,
  reached: Reached,
  start: Start,
  beginning: SmallWorld,
  worlds: SmallWorlds,
): string {
  const moves: Move[] = [];
  for (let at: Reached | null = reached; at !== null; at = at.from) if (at.move !== null) moves.unshift(at.move);
  moves.unshift(...start.moves);
  const keepers: KnownKeeper[] = worlds.keepersOf(beginning);
  const lines = moves.map((move) => {
    const who = keepers.indexOf(move.from);
    keepers[who] = move.to;
    return `k${who} ${tell(move, worlds.pool)}`;
  });
  return [text, ...lines].join("\n  ");
}
