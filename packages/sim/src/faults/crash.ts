import type { FaultKind } from "./fault.js";

/** A process is killed between two steps, and comes back later. */
export const crash: FaultKind = {
  type: "crash",
  draw: (random, keeperCount) => ({
    keepers: [random.int(keeperCount)],
    forMs: random.between(1, 2_500),
    amount: 0,
  }),
  begin: (target, { keepers: [place] }) => {
    target.crash(place!);
    return () => target.restart(place!);
  },
};
