import type { BlockPool } from "./blockPool.js";
import type { SmallKeeper } from "./smallKeeper.js";
import type { SmallWorld } from "./smallWorld.js";

export interface SmallViolation {
  readonly invariant: "I1" | "I3" | "I4" | "halted";
  readonly text: string;
}

/** @returns what a step from `before` to `after` broke, if anything */
export function findViolation(before: SmallWorld, after: SmallWorld, pool: BlockPool): SmallViolation | null {
  for (const [i, keeper] of after.keepers.entries()) {
    if (keeper === before.keepers[i]) continue;
    const found = findTwoChains(keeper, i, pool) ?? findUndone(before.keepers[i]!, keeper, i, pool);
    if (found !== null) return found;
    if (keeper.state.halted !== null) return { invariant: "halted", text: `k${i} stopped: ${keeper.state.halted}` };
  }
  return findConflict(after, pool);
}

/** I1: all votes of a key in one term lie on one chain, one id per height. */
function findTwoChains({ votes }: SmallKeeper, index: number, pool: BlockPool): SmallViolation | null {
  for (const [i, a] of votes.entries()) {
    for (const b of votes.slice(i + 1)) {
      if (a.term !== b.term || a.blockId === b.blockId) continue;
      const [first, second] = [pool.get(a.blockId), pool.get(b.blockId)];
      if (pool.isAncestorOrSelf(first, second) || pool.isAncestorOrSelf(second, first)) continue;
      return { invariant: "I1", text: `k${index} voted for b${first.index} and b${second.index} in term ${a.term}` };
    }
  }
  return null;
}

/** I4 */
function findUndone(before: SmallKeeper, after: SmallKeeper, index: number, pool: BlockPool): SmallViolation | null {
  const [old, now] = [pool.get(before.state.final.id), pool.get(after.state.final.id)];
  if (pool.isAncestorOrSelf(old, now)) return null;
  return { invariant: "I4", text: `k${index} went from final b${old.index} to b${now.index}` };
}

/** I3; what is final includes all ancestors, so chains must agree (I5). */
function findConflict({ keepers }: SmallWorld, pool: BlockPool): SmallViolation | null {
  const finals = keepers.map(({ state }) => pool.get(state.final.id));
  for (const [i, a] of finals.entries()) {
    for (const b of finals.slice(i + 1)) {
      if (pool.isAncestorOrSelf(a, b) || pool.isAncestorOrSelf(b, a)) continue;
      return { invariant: "I3", text: `b${a.index} and b${b.index} are both final` };
    }
  }
  return null;
}
