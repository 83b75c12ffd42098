import type { ThreadRules } from "@sealwright/consensus";
import type { SignerIndex } from "@sealwright/types";
import type { BlockPool } from "./blockPool.js";
import { calmed, type CalmKeeper, type Closing, closingOf, findDeath, placingsOf } from "./closingRun.js";
import { calmDigestOf } from "./keeperDigest.js";
import type { KnownKeeper } from "./keeperTable.js";
import type { SmallViolation } from "./smallInvariants.js";
import type { SmallWorld, SmallWorlds } from "./smallWorld.js";

/** A keeper in a calm network; different keepers may become the same one. */
interface CalmClass extends CalmKeeper {
  readonly index: number;
}

/** How much of a search was asked whether the thread lives on. */
export interface ClosingsReport {
  /** States from which it was tried, or from one that is the same in a calm network. */
  readonly states: number;
  /** Runs: each from one state with one placing of the liars. */
  readonly runs: number;
}

/** Tries from the states of a search whether the thread lives on, once from those that a calm network makes the same. */
export class Closings {
  #states = 0;
  #runs = 0;
  readonly #pool: BlockPool;
  readonly #rules: ThreadRules;
  readonly #every: number;
  readonly #placings: readonly (readonly SignerIndex[])[];
  readonly #classes = new Map<KnownKeeper, CalmClass>();
  readonly #byDigest = new Map<string, CalmClass>();
  /** Whether it was tried. */
  readonly #seen = new Map<string, boolean>();

  /** @param every of so many different states one is tried; 1: all of them */
  constructor(pool: BlockPool, rules: ThreadRules, every: number) {
    this.#pool = pool;
    this.#rules = rules;
    this.#every = every;
    this.#placings = placingsOf(rules);
  }

  get report(): ClosingsReport {
    return { states: this.#states, runs: this.#runs };
  }

  /** @returns how the thread died, if it did */
  look(world: SmallWorld, worlds: SmallWorlds): SmallViolation | null {
    const { keepers, blocks } = worlds.show(world);
    const calm = keepers.map((keeper) => this.#classOf(keeper)).sort((a, b) => a.index - b.index);
    const closing = closingOf(calm, blocks);
    const name = nameOf(calm, closing);
    const known = this.#seen.get(name);
    const isTried = known ?? this.#seen.size % this.#every === 0;
    if (isTried) this.#states++;
    if (known !== undefined) return null;
    this.#seen.set(name, isTried);
    return isTried ? this.#try(closing) : null;
  }

  #try(closing: Closing): SmallViolation | null {
    for (const placing of this.#placings) {
      this.#runs++;
      const death = findDeath(closing, this.#pool, this.#rules, placing);
      if (death !== null) return death;
    }
    return null;
  }

  #classOf(known: KnownKeeper): CalmClass {
    const before = this.#classes.get(known);
    if (before !== undefined) return before;
    const keeper = calmed(known.keeper);
    const digest = calmDigestOf(keeper, this.#pool);
    const final = this.#pool.get(keeper.state.final.id);
    const found = this.#byDigest.get(digest) ?? { index: this.#byDigest.size, keeper, final };
    this.#byDigest.set(digest, found);
    this.#classes.set(known, found);
    return found;
  }
}

function nameOf(keepers: readonly CalmClass[], { barred, steady }: Closing): string {
  const chain = steady === null ? "" : `${steady.term}:${steady.chain.map(({ index }) => index).join()}`;
  return [keepers.map(({ index }) => index).join(), [...barred].sort().join(), chain].join("|");
}
