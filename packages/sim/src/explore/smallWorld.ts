import { term } from "@sealwright/types";
import { type BlockPool, type Carried, describe, type PooledBlock, type Recipe } from "./blockPool.js";
import { isLower, type KeeperTable, type KnownKeeper } from "./keeperTable.js";
import {
  crash,
  deliver,
  enterTerm,
  fireTimer,
  hearCertificate,
  hearWishes,
  loseDisk,
  replay,
  type SmallKeeper,
  type Wish,
  wishOf,
} from "./smallKeeper.js";

/** Sizes of the explored world: everything within them is tried. */
export interface Bounds {
  readonly keepers: number;
  /** Blocks in one history, rivals counted, those of the start not. */
  readonly blocks: number;
  readonly height: number;
  readonly terms: number;
  /** Of each keeper. */
  readonly crashes: number;
  /** Whether a crash takes the disk too, so that only the watermarks of the key know what it promised. */
  readonly losesDisks: boolean;
  /** How often the timer of each keeper fires; null: any keeper may at any time be told that a quorum leaves its term. */
  readonly timers: number | null;
  /** Blocks carry too few votes for a certificate as well: what lets a chain pass its first deadlines. */
  readonly carriesMajority: boolean;
}

/** One history of the small world: its honest keepers, in no order, and the blocks that reached one of them. */
export interface SmallWorld {
  /** Ascending places in the table. */
  readonly keepers: readonly number[];
  /** Ascending. */
  readonly blocks: readonly number[];
}

const STEPS = ["receives", "hears", "enters", "wishes", "timer", "crash", "replay"] as const;
export type Step = (typeof STEPS)[number];

/** One thing that may happen to one keeper. */
export interface Move {
  readonly from: KnownKeeper;
  readonly to: KnownKeeper;
  readonly what: Step;
  /** The block that it receives or hears of, or the term that it enters. */
  readonly argument: number;
}

/** What exists in a world beside its keepers: the liars help whichever side they like. */
export interface Circumstances {
  readonly certified: readonly PooledBlock[];
  /** Blocks that some producer could show now and nobody has seen yet. */
  readonly possible: readonly PooledBlock[];
  readonly firstBlocks: readonly PooledBlock[];
  /** Final for a client that is shown a proof. */
  readonly provable: readonly PooledBlock[];
}

const VARIANTS = 2;
const TARGETS = ["primary", "fallback"] as const;

export class SmallWorlds {
  readonly #circumstances = new Map<string, Circumstances>();
  /** No bound while a start is made. */
  blocksMax = Infinity;

  constructor(
    readonly pool: BlockPool,
    readonly table: KeeperTable,
    readonly bounds: Bounds,
    readonly numbers: { readonly quorum: number; readonly majority: number; readonly liars: number },
  ) {}

  keepersOf({ keepers }: SmallWorld): KnownKeeper[] {
    return keepers.map((index) => this.table.at(index));
  }

  show(world: SmallWorld): { readonly keepers: KnownKeeper[]; readonly blocks: PooledBlock[] } {
    return { keepers: this.keepersOf(world), blocks: world.blocks.map((index) => this.pool.at(index)) };
  }

  /** Few worlds differ in this, so it is worked out once for all that agree in votes and Locks. */
  circumstances(world: SmallWorld): Circumstances {
    const keepers = this.keepersOf(world);
    const blocks = world.blocks.map((index) => this.pool.at(index));
    const carriable = blocks.flatMap((block) => this.#carriable(keepers, block));
    const listed = Array.from({ length: this.bounds.terms - 1 }, (_, i) => this.#highestListed(keepers, i + 1));
    const key = [
      world.blocks.join(),
      carriable.map(({ block, target, signers }) => `${block.index}${target[0]}${signers}`).join(),
      listed.map((qc) => (qc === undefined ? "" : (qc?.index ?? 0))).join(),
    ].join("|");
    const known = this.#circumstances.get(key);
    if (known !== undefined) return known;
    const worked = this.#workOut(blocks, carriable, listed);
    this.#circumstances.set(key, worked);
    return worked;
  }

  #workOut(
    blocks: readonly PooledBlock[],
    carriable: readonly Carried[],
    listed: readonly (PooledBlock | null | undefined)[],
  ): Circumstances {
    const certified = carriable.filter(({ signers }) => signers >= this.numbers.quorum).map(({ block }) => block);
    const firstBlocks = this.#firstBlocks(blocks, certified, listed);
    const provable = certified.filter((block) =>
      certified.some((k) => k !== block && k.chain.has(block) && this.pool.isProvable(block, k)),
    );
    return { certified, firstBlocks, possible: [...this.#successors(blocks, carriable), ...firstBlocks], provable };
  }

  /** Votes that a block may carry: of a quorum if there is one, for the liars vote for everything. */
  #carriable(keepers: readonly KnownKeeper[], block: PooledBlock): Carried[] {
    const { quorum, majority, liars } = this.numbers;
    for (const target of TARGETS) {
      if (votersOf(keepers, block, target) + liars >= quorum) return [{ block, target, signers: quorum }];
    }
    const isMajority = this.bounds.carriesMajority && votersOf(keepers, block, "primary") + liars >= majority;
    return isMajority ? [{ block, target: "primary", signers: majority }] : [];
  }

  /** Every producer may be the liars' friend: it builds on any block, shows rivals, carries what it likes. */
  #successors(blocks: readonly PooledBlock[], carriable: readonly Carried[]): PooledBlock[] {
    const made: PooledBlock[] = [];
    for (const parent of this.#parents(blocks)) {
      const pending = new Set(parent.facts.pending.map(({ id }) => id));
      for (const carries of [null, ...carriable.filter(({ block }) => pending.has(block.facts.id))]) {
        const next = this.#rival(blocks, { parent, carries, opening: null });
        if (next !== null) made.push(next);
      }
    }
    return made;
  }

  /** First blocks of all later terms, by every certificate that can be put together of Locks. */
  #firstBlocks(
    blocks: readonly PooledBlock[],
    certified: readonly PooledBlock[],
    listed: readonly (PooledBlock | null | undefined)[],
  ): PooledBlock[] {
    const made: PooledBlock[] = [];
    for (const [i, highest] of listed.entries()) {
      if (highest === undefined) continue;
      for (const qc of [null, ...certified]) {
        for (const parent of this.#parents(blocks)) {
          const opening = { term: i + 1, qc, listed: highest };
          const first = this.#rival(blocks, { parent, carries: null, opening });
          if (first !== null) made.push(first);
        }
      }
    }
    return made;
  }

  #parents(blocks: readonly PooledBlock[]): PooledBlock[] {
    return [this.pool.genesis, ...blocks].filter(({ facts }) => facts.height < BigInt(this.bounds.height));
  }

  /** What is final for a keeper or a client. */
  finals(world: SmallWorld, { provable }: Circumstances): PooledBlock[] {
    return [...new Set([...this.keepersOf(world).map(({ final }) => final), ...provable])];
  }

  /** Liars name the genesis block in their Locks, and of honest Locks those count that name the lowest certificates. */
  #highestListed(keepers: readonly KnownKeeper[], next: number): PooledBlock | null | undefined {
    const needed = this.pool.locksNeeded - this.numbers.liars;
    if (needed <= 0) return null;
    const listed = keepers.map(({ locks }) => locks.get(next)).filter((qc) => qc !== undefined);
    return listed.sort((a, b) => (isLower(a, b) ? -1 : isLower(b, a) ? 1 : 0))[needed - 1];
  }

  /** Rivals differ in nothing but their names: the second one comes only after the first. */
  #rival(blocks: readonly PooledBlock[], recipe: Omit<Recipe, "variant">): PooledBlock | null {
    for (let variant = 0; variant < VARIANTS; variant++) {
      const made = this.pool.make({ ...recipe, variant });
      if (made === null || !blocks.includes(made)) return made;
    }
    return null;
  }

  /** Everything that may happen next: the network delivers in any order. Who is in the same state does the same. */
  moves(world: SmallWorld, { certified, possible }: Circumstances): Move[] {
    const known = world.blocks.map((index) => this.pool.at(index));
    const fresh = known.length < this.blocksMax ? possible : [];
    const keepers = this.keepersOf(world);
    const distinct = keepers.filter((keeper, i) => keepers.indexOf(keeper) === i);
    const moves = distinct.flatMap((keeper) => [
      ...this.#deliveries(keeper, [...known, ...fresh]),
      ...this.#news(keeper, certified),
      ...(this.bounds.timers === null ? this.#entries(keeper) : this.#timers(keeper, keepers)),
      ...this.#restarts(keeper),
    ]);
    return moves.filter(({ from, to }) => from !== to);
  }

  #move(from: KnownKeeper, what: Move["what"], argument: number, act: (keeper: SmallKeeper) => SmallKeeper): Move {
    return { from, to: this.table.after(from, argument * STEPS.length + STEPS.indexOf(what), act), what, argument };
  }

  #deliveries(keeper: KnownKeeper, blocks: readonly PooledBlock[]): Move[] {
    return blocks
      .filter((block) => block.facts.height > keeper.final.facts.height)
      .filter((block) => !keeper.held.has(block) && keeper.held.has(block.parent!))
      .map((block) => this.#move(keeper, "receives", block.index, (one) => deliver(one, block)));
  }

  #news(keeper: KnownKeeper, certified: readonly PooledBlock[]): Move[] {
    return certified
      .filter(
        ({ facts }) => !keeper.keeper.state.certificates.has(facts.id) && facts.height > keeper.final.facts.height,
      )
      .map((block) =>
        this.#move(keeper, "hears", block.index, (one) =>
          hearCertificate(one, this.pool.certificateOf(block, "primary")),
        ),
      );
  }

  #entries(keeper: KnownKeeper): Move[] {
    const terms = Array.from({ length: this.bounds.terms }, (_, i) => i);
    return terms
      .filter((next) => BigInt(next) > keeper.keeper.state.vote.currentTerm)
      .map((next) => this.#move(keeper, "enters", next, (one) => enterTerm(one, term(BigInt(next)))));
  }

  #timers(keeper: KnownKeeper, keepers: readonly KnownKeeper[]): Move[] {
    const fires = keeper.keeper.timersLeft > 0 ? [this.#move(keeper, "timer", 0, fireTimer)] : [];
    const others = [...keepers];
    others.splice(others.indexOf(keeper), 1);
    const wishes = others.map((other) => wishOf(other.keeper));
    const liar = term(keeper.keeper.state.vote.currentTerm + 1n) satisfies Wish["suspected"];
    wishes.push(...Array.from({ length: this.numbers.liars }, () => ({ suspected: liar, locked: null })));
    const name = wishes.map(({ suspected, locked }) => `${suspected ?? ""}/${locked ?? ""}`).join();
    const to = this.table.after(keeper, `wishes ${name}`, (one) => hearWishes(one, wishes));
    return [...fires, { from: keeper, to, what: "wishes", argument: 0 }];
  }

  #restarts(keeper: KnownKeeper): Move[] {
    const { crashesLeft, hasReplayed } = keeper.keeper;
    const restart = this.bounds.losesDisks ? loseDisk : crash;
    return [
      ...(crashesLeft > 0 ? [this.#move(keeper, "crash", 0, (one) => restart(one, this.pool))] : []),
      ...(hasReplayed ? [] : [this.#move(keeper, "replay", 0, replay)]),
    ];
  }
}

function votersOf(keepers: readonly KnownKeeper[], block: PooledBlock, target: "primary" | "fallback"): number {
  let voters = 0;
  for (const { votes } of keepers) if (votes[target].has(block)) voters++;
  return voters;
}

export function after({ keepers, blocks }: SmallWorld, { from, to, what, argument }: Move): SmallWorld {
  const next = [...keepers];
  next[next.indexOf(from.index)] = to.index;
  next.sort((a, b) => a - b);
  const isNew = what === "receives" && !blocks.includes(argument);
  return { keepers: next, blocks: isNew ? [...blocks, argument].sort((a, b) => a - b) : blocks };
}

/** Equal for worlds in which the same can happen. */
export function nameOf({ keepers, blocks }: SmallWorld): string {
  return `${keepers.join()}|${blocks.join()}`;
}

export function tell({ what, argument }: Pick<Move, "what" | "argument">, pool: BlockPool): string {
  switch (what) {
    case "receives":
      return `receives ${describe(pool.at(argument))}`;
    case "hears":
      return `hears the certificate of b${argument}`;
    case "enters":
      return `hears that a quorum leaves for term ${argument}, and follows`;
    case "wishes":
      return "hears what the others want";
    case "timer":
      return "waits until its timer fires";
    case "crash":
      return "crashes and starts again";
    case "replay":
      return "looks at the bodies on its disk";
  }
}
