import { assert } from "@sealwright/types";

/** Byzantine BKs that a set of `n` tolerates: f = ceil(n/3) - 1. */
export function faultTolerance(n: number): number {
  assertSize(n);
  return Math.ceil(n / 3) - 1;
}

/** Distinct BKs that decide anything: q = ceil(2n/3). Any two quorums share an honest BK, and q are live without f. */
export function quorum(n: number): number {
  assertSize(n);
  return Math.ceil((2 * n) / 3);
}

/** Distinct BKs that let a producer run on (back-pressure only, never a decision): floor(n/2) + 1. */
export function majority(n: number): number {
  assertSize(n);
  return Math.floor(n / 2) + 1;
}

function assertSize(n: number): void {
  assert(Number.isInteger(n) && n >= 1, `a BK set has at least one member, got ${n}`);
}
