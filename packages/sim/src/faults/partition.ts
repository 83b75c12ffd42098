import type { FaultKind } from "./fault.js";

/** Two groups of keepers do not reach each other. `keepers` is one of the groups. */
export const partition: FaultKind = {
  type: "partition",
  happens: "whenItBegins",
  draw: (random, keeperCount) => {
    const places = Array.from({ length: keeperCount }, (_, place) => place);
    const group = places.filter(() => random.happens(0.5));
    const isCut = group.length > 0 && group.length < keeperCount;
    return {
      keepers: isCut ? group : [random.int(keeperCount)],
      forMs: random.between(200, 4_000),
      amount: keeperCount,
    };
  },
  begin: (target, { keepers, amount: keeperCount }) => {
    const others = Array.from({ length: keeperCount }, (_, place) => place).filter((place) => !keepers.includes(place));
    return target.links.cut([keepers.map(target.idOf), others.map(target.idOf)]);
  },
};
