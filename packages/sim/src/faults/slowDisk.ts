import type { FaultKind } from "./fault.js";

/** Every sync of one keeper's disk takes up to `amount` milliseconds. */
export const slowDisk: FaultKind = {
  type: "slowDisk",
  happens: "whenItBegins",
  draw: (random, keeperCount) => ({
    keepers: [random.int(keeperCount)],
    forMs: random.between(500, 5_000),
    amount: random.between(30, 600),
  }),
  begin: (target, { keepers: [place], amount }) => {
    const conditions = target.conditionsOf(place!);
    const before = conditions.syncMsMax;
    conditions.syncMsMax = amount;
    return () => {
      if (conditions.syncMsMax === amount) conditions.syncMsMax = Math.min(before, amount);
    };
  },
};
