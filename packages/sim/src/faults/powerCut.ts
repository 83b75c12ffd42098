import { EFFECT_KINDS } from "../world/conditions.js";
import type { FaultKind } from "./fault.js";

const EFFECTS_MAX = 40;

/**
 * The power goes at the n-th effect of a kind: in the middle of a write, before a signature, between two messages of one
 * broadcast. A batch of the store that was under way never was; of watermarks that were being written each sector is there
 * or not, so the next start may find a torn tail, cut it, and join a later term. `amount` holds both: kind and n.
 */
export const powerCut: FaultKind = {
  type: "powerCut",
  happens: "whenTold",
  draw: (random, keeperCount) => ({
    keepers: [random.int(keeperCount)],
    forMs: random.between(500, 2_500),
    amount: random.int(EFFECT_KINDS.length * EFFECTS_MAX),
  }),
  begin: (target, { keepers: [place], amount }) => {
    const conditions = target.conditionsOf(place!);
    const effect = EFFECT_KINDS[amount % EFFECT_KINDS.length]!;
    conditions.crashOn = { effect, left: 1 + Math.floor(amount / EFFECT_KINDS.length) };
    return () => {
      conditions.crashOn = null;
      target.restart(place!);
    };
  },
};
