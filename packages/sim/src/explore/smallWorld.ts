import type { AttestationTarget } from "@sealwright/types";
import type { BlockPool, PooledBlock } from "./blockPool.js";
import { crash, deliver, digestOf, hearCertificate, type SmallKeeper } from "./smallKeeper.js";

/** Sizes of the explored world: everything within them is tried. */
export interface Bounds {
  readonly keepers: number;
  /** Blocks in one history, rivals counted. */
  readonly blocks: number;
  readonly height: number;
  readonly terms: number;
  /** Of each keeper. */
  readonly crashes: number;
}

/** One history of the small world: honest keepers, and the blocks that exist. The last keeper of the set lies. */
export interface SmallWorld {
  readonly keepers: readonly SmallKeeper[];
  /** In order of making. */
  readonly blocks: readonly PooledBlock[];
}

/** One thing that may happen next. */
export interface Move {
  readonly text: string;
  readonly apply: () => SmallWorld;
}

const VARIANTS = 2;
const TARGETS = ["primary", "fallback"] as const satisfies readonly AttestationTarget[];

/** Everything that may happen next: the network delivers in any order, the liar helps whichever side it likes. */
export function movesOf(world: SmallWorld, pool: BlockPool, bounds: Bounds, quorum: number): Move[] {
  const certified = world.blocks.filter((block) => TARGETS.some((target) => hasQuorum(world, block, target, quorum)));
  return [
    ...world.keepers.flatMap((keeper, i) => keeperMoves(world, pool, keeper, i, certified)),
    ...(world.blocks.length < bounds.blocks ? newBlocks(world, pool, bounds, certified) : []),
  ];
}

/** The liar votes for everything. */
function hasQuorum(world: SmallWorld, block: PooledBlock, target: AttestationTarget, quorum: number): boolean {
  const honest = world.keepers.filter(({ votes }) =>
    votes.some((vote) => vote.blockId === block.facts.id && vote.target === target),
  );
  return honest.length + 1 >= quorum;
}

function keeperMoves(
  world: SmallWorld,
  pool: BlockPool,
  keeper: SmallKeeper,
  index: number,
  certified: readonly PooledBlock[],
): Move[] {
  const { state, crashesLeft } = keeper;
  const change = (text: string, act: () => SmallKeeper): Move => ({
    text: `k${index} ${text}`,
    apply: () => ({ ...world, keepers: world.keepers.map((other, i) => (i === index ? act() : other)) }),
  });
  const liar = state.config.rules.keepers.members[world.keepers.length]!.id;
  const deliverable = world.blocks.filter(
    ({ facts }) =>
      facts.height > state.final.height &&
      !state.blocks.has(facts.id) &&
      (facts.parentId === state.final.id || state.blocks.has(facts.parentId)),
  );
  const news = certified.filter(({ facts }) => facts.height > state.final.height && !state.certificates.has(facts.id));
  return [
    ...deliverable.map((block) => change(`receives b${block.index}`, () => deliver(keeper, block, liar))),
    ...news.map((block) =>
      change(`hears the certificate of b${block.index}`, () =>
        hearCertificate(keeper, pool.certificateOf(block, "primary")),
      ),
    ),
    ...(crashesLeft > 0 ? [change("crashes and restarts", () => crash(keeper, pool))] : []),
  ];
}

/** Every producer may be the liar's friend: it builds on any block, shows rivals, carries what it likes. */
function newBlocks(world: SmallWorld, pool: BlockPool, bounds: Bounds, certified: readonly PooledBlock[]): Move[] {
  const moves: Move[] = [];
  for (const parent of [pool.genesis, ...world.blocks]) {
    if (parent.facts.height >= BigInt(bounds.height)) continue;
    const pending = new Set(parent.facts.pending.map(({ id }) => id));
    for (const carries of [null, ...certified.filter(({ facts }) => pending.has(facts.id))]) {
      for (let variant = 0; variant < VARIANTS; variant++) {
        const made = pool.make({ parent, carries, variant, opening: null });
        if (made === null || world.blocks.includes(made)) continue;
        const what = carries === null ? "" : `, carrying the certificate of b${carries.index}`;
        moves.push({
          text: `b${made.index} is made on b${parent.index}${what}`,
          apply: () => ({ ...world, blocks: [...world.blocks, made].sort((a, b) => a.index - b.index) }),
        });
        // Rivals differ in nothing but their names: the second one comes only after the first.
        break;
      }
    }
  }
  return moves;
}

/** Equal for worlds in which the same can happen: honest keepers may change places. */
export function hashOf({ keepers, blocks }: SmallWorld, pool: BlockPool): string {
  const digests = keepers.map((keeper) => digestOf(keeper, pool)).sort();
  return `${blocks.map(({ index }) => index).join()}|${digests.join("|")}`;
}
