import type { FaultKind } from "./fault.js";

/** Everything from and to one keeper takes `amount` milliseconds longer. */
export const slowLinks: FaultKind = {
  type: "slowLinks",
  happens: "whenItBegins",
  draw: (random, keeperCount) => ({
    keepers: [random.int(keeperCount)],
    forMs: random.between(500, 5_000),
    amount: random.between(50, 900),
  }),
  begin: ({ links, idOf }, { keepers: [place], amount }) => {
    const slow = idOf(place!);
    return links.change((from, to, rules) =>
      from === slow || to === slow ? { ...rules, latencyMs: rules.latencyMs + amount } : rules,
    );
  },
};
