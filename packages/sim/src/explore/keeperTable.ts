import { compareRank } from "@sealwright/consensus";
import type { BlockPool, PooledBlock } from "./blockPool.js";
import { digestOf } from "./keeperDigest.js";
import type { SmallKeeper } from "./smallKeeper.js";
import { findTwoChains, findUndone, type SmallViolation } from "./smallInvariants.js";

/** One state that an honest keeper was seen in, and what others need to know of it. */
export interface KnownKeeper {
  /** Its place in the table. */
  readonly index: number;
  readonly keeper: SmallKeeper;
  readonly final: PooledBlock;
  readonly held: ReadonlySet<PooledBlock>;
  readonly votes: Readonly<Record<"primary" | "fallback", ReadonlySet<PooledBlock>>>;
  /** By term: the lowest certificate that a Lock of it names, null for the genesis block. A liar would show that one. */
  readonly locks: ReadonlyMap<number, PooledBlock | null>;
  readonly violation: SmallViolation | null;
  /** Where each step leads that was looked at. */
  readonly steps: Map<number | string, KnownKeeper>;
}

/**
 * Every state of a keeper once, and every step from one to another once: worlds are made of few different keepers, so
 * their real `step` runs some thousand times for millions of worlds. Honest keepers are interchangeable.
 */
export class KeeperTable {
  readonly #pool: BlockPool;
  readonly #known: KnownKeeper[] = [];
  readonly #byDigest = new Map<string, KnownKeeper>();

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  at(index: number): KnownKeeper {
    return this.#known[index]!;
  }

  get size(): number {
    return this.#known.length;
  }

  /** @param name of the step: the same one from the same state leads to the same state */
  after(before: KnownKeeper, name: number | string, act: (keeper: SmallKeeper) => SmallKeeper): KnownKeeper {
    const known = before.steps.get(name);
    if (known !== undefined) return known;
    const after = this.intern(act(before.keeper), before);
    before.steps.set(name, after);
    return after;
  }

  intern(keeper: SmallKeeper, before: KnownKeeper | null): KnownKeeper {
    const digest = digestOf(keeper, this.#pool);
    const known = this.#byDigest.get(digest);
    if (known !== undefined) return known;
    const added = this.#describe(keeper, before);
    this.#known.push(added);
    this.#byDigest.set(digest, added);
    return added;
  }

  #describe(keeper: SmallKeeper, before: KnownKeeper | null): KnownKeeper {
    const pool = this.#pool;
    const { state } = keeper;
    const voted = (target: "primary" | "fallback"): Set<PooledBlock> =>
      new Set(keeper.votes.filter((vote) => vote.target === target).map(({ blockId }) => pool.get(blockId)));
    const final = pool.get(state.final.id);
    const halted: SmallViolation | null =
      state.halted === null ? null : { invariant: "halted", text: `an honest keeper stopped: ${state.halted}` };
    return {
      index: this.#known.length,
      keeper,
      final,
      held: new Set([final, ...[...state.blocks.keys()].map((id) => pool.get(id))]),
      steps: new Map(),
      votes: { primary: voted("primary"), fallback: voted("fallback") },
      locks: this.#lowestLocks(keeper),
      violation:
        findTwoChains(keeper, pool) ??
        (before === null || hasLostDisk(before.keeper, keeper) ? null : findUndone(before.final, final, pool)) ??
        halted,
    };
  }

  #lowestLocks({ locks }: SmallKeeper): Map<number, PooledBlock | null> {
    const lowest = new Map<number, PooledBlock | null>();
    for (const { term, qc } of locks) {
      const block = qc === null ? null : this.#pool.get(qc);
      const known = lowest.get(Number(term));
      if (known === undefined || isLower(block, known)) lowest.set(Number(term), block);
    }
    return lowest;
  }
}

function hasLostDisk(before: SmallKeeper, after: SmallKeeper): boolean {
  return after.crashesLeft < before.crashesLeft && after.marks !== null;
}

/** Null is the genesis block. */
export function isLower(a: PooledBlock | null, b: PooledBlock | null): boolean {
  if (b === null) return false;
  return a === null || compareRank(a.facts, b.facts) < 0;
}
