import { producerOf, type ThreadRules } from "@sealwright/consensus";
import { type KeeperState } from "@sealwright/keeper";
import { type Height, type SignerIndex, signerIndex, term } from "@sealwright/types";
import type { BlockPool, PooledBlock } from "./blockPool.js";
import { type CalmNode, CalmNetwork } from "./calmNetwork.js";
import type { KnownKeeper } from "./keeperTable.js";
import type { SmallViolation } from "./smallInvariants.js";
import { replay } from "./smallKeeper.js";

/** Final blocks that honest producers seal and every node gets: enough to see that it goes on. */
const NEW_FINALS = 3;
/** Longer than any deadline that an ancestor may have. */
const STEADY_FINALS = 10;
const CALM_MS_MAX = 600_000;
const STEADY_MS_MAX = 30_000;

/**
 * I8, from one state on: the liars fall silent, every message arrives, timers fire, honest producers act. Then there
 * must be new final blocks; and while the present producer is honest and nobody has left its term, no term is left.
 * @param placing which members are the liars: any of them may be a producer
 */
export function findDeath(
  world: { readonly keepers: readonly KnownKeeper[]; readonly blocks: readonly PooledBlock[] },
  pool: BlockPool,
  rules: ThreadRules,
  placing: number,
): SmallViolation | null {
  const network = new CalmNetwork(rules);
  const barred = new Set(world.blocks.map(({ facts }) => Number(facts.term)));
  for (const [i, { keeper }] of world.keepers.entries()) {
    const ready = keeper.hasReplayed ? keeper : replay(keeper);
    const signer = signerIndex((placing + i) % rules.keepers.size);
    const options = { clockMs: keeper.nowMs, barred };
    network.add(placedAt(ready.state, signer), pool.get(ready.state.final.id), options);
  }
  const steady = steadyProducer(world, network, rules);
  if (steady !== null) startSteady(steady.node, steady.chain, network, pool);
  network.connect();
  const start = network.nodes.reduce(
    (most, { keeper }) => (keeper.final.height > most ? keeper.final.height : most),
    0n,
  );
  return steady === null ? awaitFinals(network) : awaitSteady(network, start);
}

/** The same keeper in another place of the set: places matter only for who produces. */
function placedAt(state: KeeperState, signer: SignerIndex): KeeperState {
  const { rules } = state.config;
  const { switching } = state;
  const locks = [...switching.locks.values()]
    .filter((lock) => lock.signer === state.config.signer)
    .map((lock) => ({ ...lock, signer, attestations: lock.attestations.map((vote) => ({ ...vote, signer })) }));
  return {
    ...state,
    config: { ...state.config, self: rules.keepers.at(signer).id, signer },
    switching: { ...switching, suspects: new Map(), locks: new Map(locks.map((lock) => [signer, lock])) },
  };
}

/** The honest producer of the term in which everybody still is, and what it sealed there: one chain. */
function steadyProducer(
  { keepers, blocks }: { readonly keepers: readonly KnownKeeper[]; readonly blocks: readonly PooledBlock[] },
  network: CalmNetwork,
  rules: ThreadRules,
): { readonly node: CalmNode; readonly chain: readonly PooledBlock[] } | null {
  const [first] = keepers;
  const { currentTerm } = first!.keeper.state.vote;
  const isEverybodyThere = keepers.every(({ keeper }) => {
    const { vote, switching } = keeper.state;
    return vote.currentTerm === currentTerm && switching.suspectedAtMs === null && switching.fault === null;
  });
  const chain = blocks.filter(({ facts }) => facts.term === currentTerm);
  const isOneChain = chain.every((block, i) => i === 0 || block.parent === chain[i - 1]);
  const hasBegun = chain.length > 0 || currentTerm === 0n;
  const node = network.nodes.find(({ self }) => self === producerOf(rules.seed, currentTerm, rules.keepers));
  // Certificates of blocks that the chain left aside would make it a rival of its own past.
  return isEverybodyThere && isOneChain && hasBegun && node !== undefined ? { node, chain } : null;
}

function startSteady(node: CalmNode, chain: readonly PooledBlock[], network: CalmNetwork, pool: BlockPool): void {
  const tip = chain[chain.length - 1] ?? pool.genesis;
  const { certificates } = node.keeper;
  const tail = tip.facts.pending.map(({ id }) => pool.get(id)).filter((block) => block !== pool.genesis);
  for (const { block } of [...tip.chain].filter((block) => block !== pool.genesis))
    network.tell(node, { type: "candidate", block, origin: { type: "peer", peer: node.self } });
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
