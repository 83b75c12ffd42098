import type { Term } from "@sealwright/types";

/** What a keeper looks at when its turn comes to produce a thread. */
export interface Turn {
  readonly term: Term;
  /** Term of the block that its first one would stand on. */
  readonly parentTerm: Term;
  readonly keepers: number;
  readonly threads: number;
  /** Other threads that it produces now. */
  readonly producing: number;
}

/**
 * S7: who leads its share of the threads leaves this one to the next keeper. After one full loop nobody does: then
 * whoever can produce shall.
 */
export function shouldYield({ term, parentTerm, keepers, threads, producing }: Turn): boolean {
  return term - parentTerm <= BigInt(keepers) && producing >= Math.ceil(threads / keepers);
}
