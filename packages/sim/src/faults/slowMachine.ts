import type { FaultKind } from "./fault.js";

/** Checks, executions and signatures of one keeper take up to `amount` milliseconds, and come in any order. */
export const slowMachine: FaultKind = {
  type: "slowMachine",
  happens: "whenItBegins",
  draw: (random, keeperCount) => ({
    keepers: [random.int(keeperCount)],
    forMs: random.between(500, 6_000),
    amount: random.between(2, 250),
  }),
  begin: (target, { keepers: [place], amount }) => {
    const conditions = target.conditionsOf(place!);
    conditions.edgeMsMax = amount;
    return () => (conditions.edgeMsMax = 0);
  },
};
