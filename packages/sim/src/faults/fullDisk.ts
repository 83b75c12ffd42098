import type { FaultKind } from "./fault.js";

/** One keeper's disk is full: its node stops with the next write, of its store or of its watermarks, and is started again when there is room. */
export const fullDisk: FaultKind = {
  type: "fullDisk",
  happens: "whenItBegins",
  draw: (random, keeperCount) => ({ keepers: [random.int(keeperCount)], forMs: random.between(300, 3_000), amount: 0 }),
  begin: (target, { keepers: [place] }) => {
    const conditions = target.conditionsOf(place!);
    conditions.isDiskFull = true;
    return () => {
      conditions.isDiskFull = false;
      target.restart(place!);
    };
  },
};
