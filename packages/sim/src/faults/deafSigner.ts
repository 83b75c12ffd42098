import type { FaultKind } from "./fault.js";

/** One keeper's signer fails without an answer, `amount` times of a hundred. */
export const deafSigner: FaultKind = {
  type: "deafSigner",
  happens: "whenItBegins",
  draw: (random, keeperCount) => ({
    keepers: [random.int(keeperCount)],
    forMs: random.between(500, 5_000),
    amount: random.between(2, 60),
  }),
  begin: (target, { keepers: [place], amount }) => {
    const conditions = target.conditionsOf(place!);
    conditions.signerFailRatio = amount / 100;
    return () => (conditions.signerFailRatio = 0);
  },
};
