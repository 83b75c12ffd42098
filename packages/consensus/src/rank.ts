import { type Height, height, type Term, term } from "@sealwright/types";

/** Order of blocks and of their certificates: by term, then by height. */
export interface Rank {
  readonly term: Term;
  readonly height: Height;
}

/** Of the genesis block, which is certified without a certificate and never attested. */
export const GENESIS_RANK: Rank = { term: term(0), height: height(0) };

/** @returns negative, zero or positive, as for a sort */
export function compareRank(a: Rank, b: Rank): number {
  if (a.term !== b.term) return a.term < b.term ? -1 : 1;
  if (a.height !== b.height) return a.height < b.height ? -1 : 1;
  return 0;
}
