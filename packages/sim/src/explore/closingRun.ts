import type { ThreadRules } from "@sealwright/consensus";
import type { KeeperState } from "@sealwright/keeper";
import { type Height, type SignerIndex, signerIndex, term, type Term } from "@sealwright/types";
import type { BlockPool, PooledBlock } from "./blockPool.js";
import { type CalmNode, CalmNetwork } from "./calmNetwork.js";
import type { SmallViolation } from "./smallInvariants.js";
import { replay, type SmallKeeper } from "./smallKeeper.js";

/** Final blocks that honest producers seal and every node gets: enough to see that it goes on. */
const NEW_FINALS = 3;
/** Longer than any deadline that an ancestor may have. */
const STEADY_FINALS = 10;
const CALM_MS_MAX = 600_000;
const STEADY_MS_MAX = 30_000;

/** One keeper as a closing run begins: its restart is over, and it has heard nothing yet. */
export interface CalmKeeper {
  readonly keeper: SmallKeeper;
  readonly final: PooledBlock;
}

/** What a closing run begins with. */
export interface Closing {
  readonly keepers: readonly CalmKeeper[];
  /** Terms in which somebody has sealed a block: no honest producer begins one of them again. */
  readonly barred: ReadonlySet<number>;
  /** What the producer of the term in which everybody still is sealed there, if that term has begun and may go on. */
  readonly steady: { readonly term: Term; readonly chain: readonly PooledBlock[] } | null;
}

/** The members that the keepers may be, in their order: the liars are the others, wherever they stand. */
export function placingsOf({ keepers: { size, faultTolerance } }: ThreadRules): SignerIndex[][] {
  const choose = (from: readonly number[], count: number): number[][] =>
    count === 0
      ? [[]]
      : from.flatMap((first, i) => choose(from.slice(i + 1), count - 1).map((rest) => [first, ...rest]));
  const members = Array.from({ length: size }, (_, i) => i);
  return choose(members, size - faultTolerance).map((placing) => placing.map(signerIndex));
}

/** @param blocks that exist, with parents before their children */
export function closingOf(keepers: readonly CalmKeeper[], blocks: readonly PooledBlock[]): Closing {
  const barred = new Set(blocks.map(({ facts }) => Number(facts.term)));
  return { keepers, barred, steady: steadyTerm(keepers, blocks) };
}

/** While the term's chain is one, its producer may be honest, and while nobody suspects it, it should stay. */
function steadyTerm(keepers: readonly CalmKeeper[], blocks: readonly PooledBlock[]): Closing["steady"] {
  const { currentTerm } = keepers[0]!.keeper.state.vote;
  const isEverybodyThere = keepers.every(({ keeper }) => {
    const { vote, switching } = keeper.state;
    return vote.currentTerm === currentTerm && switching.suspectedAtMs === null && switching.fault === null;
  });
  const chain = blocks.filter(({ facts }) => facts.term === currentTerm);
  const isOneChain = chain.every((block, i) => i === 0 || block.parent === chain[i - 1]);
  const hasBegun = chain.length > 0 || currentTerm === 0n;
  // Certificates of blocks that the chain left aside would make it a rival of its own past.
  return isEverybodyThere && isOneChain && hasBegun ? { term: currentTerm, chain } : null;
}

/**
 * I8, from one state on: the liars fall silent, every message arrives, timers fire, honest producers act. Then there
 * must be new final blocks; and while the present producer is honest and nobody has left its term, no term is left.
 * @param placing the members that the keepers are: any of them, and any liar, may be a producer
 */
export function findDeath(
  { keepers, barred, steady }: Closing,
  pool: BlockPool,
  rules: ThreadRules,
  placing: readonly SignerIndex[],
): SmallViolation | null {
  const network = new CalmNetwork(rules);
  for (const [i, { keeper, final }] of keepers.entries())
    network.add(placedAt(keeper.state, placing[i]!), final, { clockMs: keeper.nowMs, barred });
  const node = steady === null ? null : network.producerOf(steady.term);
  if (steady !== null && node !== null) startSteady(node, steady.chain, network, pool);
  network.connect();
  const start = network.nodes.reduce(
    (most, { keeper }) => (keeper.final.height > most ? keeper.final.height : most),
    0n,
  );
  return node === null ? awaitFinals(network) : awaitSteady(network, start);
}

/** A keeper after its restart, which the others have not spoken to: what they said before, they say again. */
export function calmed(keeper: SmallKeeper): SmallKeeper {
  const ready = keeper.hasReplayed ? keeper : replay(keeper);
  const { state } = ready;
  const { switching, config } = state;
  const own = [...switching.locks].filter(([signer]) => signer === config.signer);
  return {
    ...ready,
    state: {
      ...state,
      switching: {
        ...switching,
        suspects: new Map(),
        locks: new Map(own),
        // For a term that it led in its old place.
        collecting: { stage: "waiting" },
        incompletable: new Set(),
      },
    },
  };
}

/** The same keeper in another place of the set: places matter only for who produces. */
function placedAt(state: KeeperState, signer: SignerIndex): KeeperState {
  const { rules } = state.config;
  const locks = [...state.switching.locks.values()].map((lock) => ({
    ...lock,
    signer,
    attestations: lock.attestations.map((vote) => ({ ...vote, signer })),
  }));
  return {
    ...state,
    config: { ...state.config, self: rules.keepers.at(signer).id, signer },
    switching: { ...state.switching, locks: new Map(locks.map((lock) => [signer, lock])) },
  };
}

function startSteady(node: CalmNode, chain: readonly PooledBlock[], network: CalmNetwork, pool: BlockPool): void {
  const tip = chain[chain.length - 1] ?? pool.genesis;
  const { certificates } = node.keeper;
  const tail = tip.facts.pending.map(({ id }) => pool.get(id)).filter((block) => block !== pool.genesis);
  for (const { block } of [...tip.chain].filter((block) => block !== pool.genesis))
    network.tell(node, { type: "candidate", block, origin: { type: "peer", peer: node.self } });
  // It held what it sealed before any link came up.
  network.settle();
  network.startProducer(node, {
    term: tip.facts.term,
    parent: tip.facts,
    switchCertificate: null,
    tail: tail.map(({ block, facts }) => ({ block, facts })),
    certificates: [...certificates.values()],
    draft: null,
  });
}

function awaitFinals(network: CalmNetwork): SmallViolation | null {
  while (network.nowMs < CALM_MS_MAX) {
    network.pass();
    if (network.nodes.every((node) => sealedHere(node, network) >= NEW_FINALS)) return null;
  }
  const terms = network.nodes.map(({ keeper }) => keeper.vote.currentTerm).join(", ");
  const text = `no final block in ${CALM_MS_MAX / 1_000} s without faults; the keepers are in terms ${terms}`;
  return { invariant: "I8", text };
}

function sealedHere({ finals }: CalmNode, network: CalmNetwork): number {
  return [...finals.values()].filter(({ id }) => network.sealed.has(id)).length;
}

function awaitSteady(network: CalmNetwork, start: bigint): SmallViolation | null {
  const goal = (start + BigInt(STEADY_FINALS)) as Height;
  while (network.nowMs < STEADY_MS_MAX) {
    network.pass();
    const left = network.nodes.find(({ termsEntered }) => termsEntered > 0);
    if (left !== undefined) {
      const text = `term ${term(left.keeper.vote.currentTerm - 1n)} was left although its producer is honest and all arrives`;
      return { invariant: "I8", text };
    }
    if (network.nodes.every(({ keeper }) => keeper.final.height >= goal)) return null;
  }
  return { invariant: "I8", text: `an honest producer made no ${STEADY_FINALS} final blocks in ${STEADY_MS_MAX} ms` };
}
