import { ALL_VERIFY } from "@sealwright/consensus";
import { createTestNetwork } from "@sealwright/consensus/testing";
import { signerIndex } from "@sealwright/types";
import { BlockPool } from "./blockPool.js";
import { findViolation } from "./smallInvariants.js";
import { newKeeper } from "./smallKeeper.js";
import { type Bounds, hashOf, movesOf, type SmallWorld } from "./smallWorld.js";

export interface ExploreReport {
  /** Different states seen; those that differ only in which honest keeper is which count once. */
  readonly states: number;
  readonly bounds: Bounds & { readonly statesMax: number };
  /** Every state within the bounds was seen; otherwise `statesMax` ended the search. */
  readonly complete: boolean;
  readonly violations: readonly { readonly invariant: string; readonly story: string }[];
}

interface Reached {
  readonly world: SmallWorld;
  readonly text: string;
  readonly from: Reached | null;
}

/**
 * Searches everything that can happen in a small world, breadth first, with the real `step` of the keepers. Execution
 * always succeeds and signatures are not made: what is left are the rules of voting and finality.
 * @returns the shortest violation, if there is one
 */
export function explore(bounds: Bounds, statesMax: number): ExploreReport {
  const { rules, root } = createTestNetwork(bounds.keepers);
  const pool = new BlockPool(rules, root);
  const honest = rules.keepers.members
    .slice(0, -1)
    .map(({ id }, i) =>
      newKeeper(
        { rules, self: id, signer: signerIndex(i), timeAheadMaxMs: 500, voteResendMs: 300, verification: ALL_VERIFY },
        pool.genesis,
        bounds.crashes,
      ),
    );
  let frontier: Reached[] = [{ world: { keepers: honest, blocks: [] }, text: "", from: null }];
  const seen = new Set(frontier.map(({ world }) => hashOf(world, pool)));
  const report = { bounds: { ...bounds, statesMax }, violations: [] };
  while (frontier.length > 0) {
    const next: Reached[] = [];
    for (const reached of frontier) {
      for (const move of movesOf(reached.world, pool, bounds, rules.keepers.quorum)) {
        const world = move.apply();
        const hash = hashOf(world, pool);
        if (seen.has(hash)) continue;
        seen.add(hash);
        const found = { world, text: move.text, from: reached };
        const violation = findViolation(reached.world, world, pool);
        if (violation !== null) {
          const story = [violation.text, ...pathTo(found)].join("\n  ");
          return {
            ...report,
            states: seen.size,
            complete: false,
            violations: [{ invariant: violation.invariant, story }],
          };
        }
        if (seen.size >= statesMax) return { ...report, states: seen.size, complete: false };
        next.push(found);
      }
    }
    frontier = next;
  }
  return { ...report, states: seen.size, complete: true };
}

function pathTo(reached: Reached): string[] {
  const path: string[] = [];
  for (let at: Reached | null = reached; at !== null && at.from !== null; at = at.from) path.unshift(at.text);
  return path;
}
