import type { FaultKind } from "./fault.js";

const JUMP_MS_MAX = 4_000;

/** One keeper's wall clock jumps by `amount` milliseconds, and is set right at the end. */
export const clockJump: FaultKind = {
  type: "clockJump",
  happens: "whenItBegins",
  draw: (random, keeperCount) => ({
    keepers: [random.int(keeperCount)],
    forMs: random.between(200, 5_000),
    amount: random.between(-JUMP_MS_MAX, JUMP_MS_MAX),
  }),
  begin: (target, { keepers: [place], amount }) => {
    const jump = (byMs: number): void => {
      target.conditionsOf(place!).clockOffsetMs += byMs;
      target.nodeOf(place!)?.clock.shift(byMs);
    };
    jump(amount);
    return () => jump(-amount);
  },
};
