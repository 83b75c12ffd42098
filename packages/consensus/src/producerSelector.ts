import { assert, type BlockId, type KeeperId, type ProducerSelector, type Term } from "@sealwright/types";
import type { KeeperSet } from "./keeperSet.js";
import { shuffledOrder } from "./shuffle.js";

/** The one selector that a block of `term` may show (protocol §2). */
export function selectorFor(seed: BlockId, term: Term, keepers: KeeperSet): ProducerSelector {
  return { seed, index: Number(term % BigInt(keepers.size)) };
}

/** The keeper that may produce in `term`: producer(t) = order(seed)[t mod N]. */
export function producerOf(seed: BlockId, term: Term, keepers: KeeperSet): KeeperId {
  const order = orderOf(seed, keepers);
  const place = order[selectorFor(seed, term, keepers).index];
  const member = place === undefined ? undefined : keepers.members[place];
  assert(member !== undefined, "the order covers every place");
  return member.id;
}

/** Asked with each block and each message; seeds are those of the threads, so there are few. */
const ordersOfSet = new WeakMap<KeeperSet, Map<BlockId, readonly number[]>>();

function orderOf(seed: BlockId, keepers: KeeperSet): readonly number[] {
  const orders = ordersOfSet.get(keepers) ?? new Map<BlockId, readonly number[]>();
  ordersOfSet.set(keepers, orders);
  const order = orders.get(seed) ?? shuffledOrder(seed, keepers.size);
  orders.set(seed, order);
  return order;
}
