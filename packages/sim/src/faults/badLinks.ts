import type { FaultKind } from "./fault.js";

/** On all links frames get lost, come twice and overtake each other; `amount` is the percentage. */
export const badLinks: FaultKind = {
  type: "badLinks",
  happens: "whenItBegins",
  draw: (random) => ({ keepers: [], forMs: random.between(500, 6_000), amount: random.between(1, 25) }),
  begin: ({ links }, { amount }) => {
    const ratio = amount / 100;
    return links.change((_from, _to, rules) => ({
      ...rules,
      lossRatio: Math.max(rules.lossRatio, ratio),
      duplicateRatio: ratio,
      reorderRatio: 2 * ratio,
      reorderMs: 150,
    }));
  },
};
