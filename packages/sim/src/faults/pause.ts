import type { FaultKind } from "./fault.js";

/** A process is stopped and continued: nothing of it happens meanwhile, and its links stay up. */
export const pause: FaultKind = {
  type: "pause",
  happens: "whenTold",
  draw: (random, keeperCount) => ({ keepers: [random.int(keeperCount)], forMs: random.between(100, 3_000), amount: 0 }),
  begin: (target, { keepers: [place] }) => {
    const node = target.nodeOf(place!);
    if (node === undefined) return () => undefined;
    target.happened("pause");
    node.clock.hold();
    return () => node.clock.release();
  },
};
