import { ALL_VERIFY } from "@sealwright/consensus";
import { createTestNetwork } from "@sealwright/consensus/testing";
import { signerIndex } from "@sealwright/types";
import { BlockPool } from "./blockPool.js";
import { findDeath } from "./closingRun.js";
import { KeeperTable, type KnownKeeper } from "./keeperTable.js";
import { findConflict, findLeftAside, type SmallViolation } from "./smallInvariants.js";
import { newKeeper } from "./smallKeeper.js";
import type { Search } from "./searches.js";
import { Start, STARTS } from "./starts.js";
import { after, type Move, nameOf, SmallWorlds, type SmallWorld, tell } from "./smallWorld.js";

export interface ExploreReport {
  /** Different states seen; those that differ only in which honest keeper is which count once. */
  readonly states: number;
  readonly search: Search;
  /** Every state within the bounds was seen; otherwise `statesMax` ended the search. */
  readonly complete: boolean;
  readonly violations: readonly { readonly invariant: string; readonly story: string }[];
}

interface Reached {
  readonly world: SmallWorld;
  readonly move: Move | null;
  readonly from: Reached | null;
}

/**
 * Searches everything that can happen in a small world, breadth first, with the real `step` of the keepers. Execution
 * always succeeds and signatures are not made: what is left are the rules of voting, switching and finality.
 * @returns the shortest violation, if there is one
 */
export function explore(search: Search): ExploreReport {
  const { statesMax, closings, start: startName, ...bounds } = search;
  const { rules, root } = createTestNetwork(bounds.keepers);
  const pool = new BlockPool(rules, root);
  const table = new KeeperTable(pool);
  const { quorum, majority, faultTolerance: liars } = rules.keepers;
  const worlds = new SmallWorlds(pool, table, search, { quorum, majority, liars });
  const config = {
    rules,
    self: rules.keepers.at(signerIndex(0)).id,
    signer: signerIndex(0),
    timeAheadMaxMs: 500,
    voteResendMs: 300,
    verification: ALL_VERIFY,
  };
  const first = table.intern(
    newKeeper(config, pool.genesis, {
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
  const report = (complete: boolean, violations: ExploreReport["violations"] = []): ExploreReport => ({
    states: seen.size,
    search,
    complete,
    violations,
  });
  let closed = 0;
  while (frontier.length > 0) {
    const next: Reached[] = [];
    for (const reached of frontier) {
      const circumstances = worlds.circumstances(reached.world);
      const finals = worlds.finals(reached.world, circumstances);
      const violation = findConflict(finals) ?? findLeftAside(finals, circumstances.firstBlocks);
      if (violation !== null) return report(false, [tellStory(violation, reached, start, beginning, worlds)]);
      if (closings !== null && closed++ % closings === 0) {
        const death = findDeath(worlds.show(reached.world), pool, rules, ((closed / closings) % bounds.keepers) | 0);
        if (death !== null) return report(false, [tellStory(death, reached, start, beginning, worlds)]);
      }
      for (const move of worlds.moves(reached.world, circumstances)) {
        const world = after(reached.world, move);
        const name = nameOf(world);
        if (seen.has(name)) continue;
        seen.add(name);
        const found = { world, move, from: reached };
        if (move.to.violation !== null)
          return report(false, [tellStory(move.to.violation, found, start, beginning, worlds)]);
        if (seen.size >= statesMax) return report(false);
        next.push(found);
      }
    }
    frontier = next;
  }
  return report(true);
}

/** Keepers are named only here: whoever was in the state that a move began in made it. */
function tellStory(
  { invariant, text }: SmallViolation,
  reached: Reached,
  start: Start,
  beginning: SmallWorld,
  worlds: SmallWorlds,
): ExploreReport["violations"][number] {
  const moves: Move[] = [];
  for (let at: Reached | null = reached; at !== null; at = at.from) if (at.move !== null) moves.unshift(at.move);
  moves.unshift(...start.moves);
  const keepers: KnownKeeper[] = worlds.keepersOf(beginning);
  const lines = moves.map((move) => {
    const who = keepers.indexOf(move.from);
    keepers[who] = move.to;
    return `k${who} ${tell(move, worlds.pool)}`;
  });
  return { invariant, story: [text, ...lines].join("\n  ") };
}
