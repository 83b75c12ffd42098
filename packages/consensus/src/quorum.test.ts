import { expect, it } from "vitest";
import { AssertionError } from "@sealwright/types";
import { faultTolerance, majority, quorum } from "./quorum.js";

it("[§1] two quorums share an honest keeper, and a quorum is live without the faulty ones, for N = 1..1000", () => {
  for (let n = 1; n <= 1_000; n++) {
    const [f, q, maj] = [faultTolerance(n), quorum(n), majority(n)];
    expect(2 * q - n, `N = ${n}`).toBeGreaterThan(f);
    expect(q, `N = ${n}`).toBeLessThanOrEqual(n - f);
    // f is the most that anyone tolerates, and no smaller quorum would do.
    expect(3 * f < n && 3 * (f + 1) >= n).toBe(true);
    expect(2 * (q - 1) - n <= f || 3 * (q - 1) >= 2 * n).toBe(true);
    expect(2 * maj > n && 2 * (maj - 1) <= n).toBe(true);
  }
});

it("[§1] f, q and maj are those of the table", () => {
  const table = [
    [1, 0, 1, 1],
    [2, 0, 2, 2],
    [3, 0, 2, 2],
    [4, 1, 3, 3],
    [5, 1, 4, 3],
    [6, 1, 4, 4],
    [7, 2, 5, 4],
    [10, 3, 7, 6],
    [20, 6, 14, 11],
    [100, 33, 67, 51],
    [200, 66, 134, 101],
  ];
  expect(table.map(([n]) => [n, faultTolerance(n!), quorum(n!), majority(n!)])).toEqual(table);
});

it.each([0, -1, 1.5, Number.NaN])("[§1] a set of %s keepers is our own bug", (n) => {
  for (const count of [faultTolerance, quorum, majority]) expect(() => count(n)).toThrow(AssertionError);
});
