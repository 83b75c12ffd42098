import { assert } from "@sealwright/types";
import { faultTolerance, quorum } from "../quorum.js";

/** How often at most a quorum of which f lie may contain no honest verifier at all, per attempt (protocol §7). */
export const UNVERIFIED_RATIO_MAX = 1e-9;

/**
 * How many of `n` keepers verify a block on average: so many that the q - f honest ones of any quorum are all no verifiers
 * with a probability of at most `p`.
 */
export function verifierCount(n: number, p: number = UNVERIFIED_RATIO_MAX): number {
  assert(p > 0 && p < 1, `a probability lies between 0 and 1, got ${p}`);
  return n * (1 - p ** (1 / (quorum(n) - faultTolerance(n))));
}
