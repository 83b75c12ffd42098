import type { FaultKind } from "./fault.js";
import { twoPlaces } from "./twoPlaces.js";

/** What the first keeper sends to the second vanishes; the other way all is well, and neither notices. */
export const oneWayCut: FaultKind = {
  type: "oneWayCut",
  happens: "whenItBegins",
  draw: (random, keeperCount) => ({
    keepers: twoPlaces(random, keeperCount),
    forMs: random.between(200, 4_000),
    amount: 0,
  }),
  begin: ({ links, idOf }, { keepers: [sender, receiver] }) =>
    links.change((from, to, rules) =>
      from === idOf(sender!) && to === idOf(receiver!) ? { ...rules, lossRatio: 1 } : rules,
    ),
};
