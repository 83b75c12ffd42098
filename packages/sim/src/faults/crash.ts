import type { FaultKind } from "./fault.js";

/** A process is killed between two steps, and comes back later. */
export const crash: FaultKind = {
  type: "crash",
  happens: "whenTold",
  draw: (random, keeperCount) => ({
    keepers: [random.int(keeperCount)],
    forMs: random.between(1, 2_500),
    amount: 0,
  }),
  begin: (target, { keepers: [place] }) => {
    // Who is down already cannot be killed.
    if (target.nodeOf(place!) !== undefined) target.happened("crash");
    target.crash(place!);
    return () => target.restart(place!);
  },
};
