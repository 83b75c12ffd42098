import type { BlockPool, PooledBlock } from "./blockPool.js";
import type { SmallKeeper } from "./smallKeeper.js";

export interface SmallViolation {
  readonly invariant: "I1" | "I3" | "I4" | "I8" | "F3" | "halted";
  readonly text: string;
}

/** I1: all votes of a key in one term lie on one chain, one id per height. */
export function findTwoChains({ votes }: SmallKeeper, pool: BlockPool): SmallViolation | null {
  for (const [i, a] of votes.entries()) {
    for (const b of votes.slice(i + 1)) {
      if (a.term !== b.term || a.blockId === b.blockId) continue;
      const [first, second] = [pool.get(a.blockId), pool.get(b.blockId)];
      if (isOneChain(first, second)) continue;
      return { invariant: "I1", text: `a keeper voted for b${first.index} and b${second.index} in term ${a.term}` };
    }
  }
  return null;
}

/** I4 */
export function findUndone(old: PooledBlock, now: PooledBlock, pool: BlockPool): SmallViolation | null {
  if (pool.isAncestorOrSelf(old, now)) return null;
  return { invariant: "I4", text: `a keeper went from final b${old.index} to b${now.index}` };
}

/** I3; what is final includes all ancestors, so chains must agree (I5). */
export function findConflict(finals: readonly PooledBlock[]): SmallViolation | null {
  for (const [i, a] of finals.entries()) {
    for (const b of finals.slice(i + 1)) {
      if (!isOneChain(a, b)) return { invariant: "I3", text: `b${a.index} and b${b.index} are both final` };
    }
  }
  return null;
}

/** F3: no good first block of a later term leaves a final block aside. */
export function findLeftAside(
  finals: readonly PooledBlock[],
  firstBlocks: readonly PooledBlock[],
): SmallViolation | null {
  for (const first of firstBlocks) {
    for (const final of finals) {
      if (first.facts.term <= final.facts.term || first.chain.has(final)) continue;
      return {
        invariant: "F3",
        text: `b${first.index} opens term ${first.facts.term} and leaves final b${final.index} aside`,
      };
    }
  }
  return null;
}

function isOneChain(a: PooledBlock, b: PooledBlock): boolean {
  return a.chain.has(b) || b.chain.has(a);
}
