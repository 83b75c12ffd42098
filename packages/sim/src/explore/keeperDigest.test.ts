import { createTestNetwork } from "@sealwright/consensus/testing";
import { term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { BlockPool } from "./blockPool.js";
import { calmed } from "./closingRun.js";
import { calmDigestOf, digestOf } from "./keeperDigest.js";
import { deliver, fireTimer, hearWishes, newKeeper, type SmallKeeper } from "./smallKeeper.js";

const { rules, root } = createTestNetwork(4);
const pool = new BlockPool(rules, root);
const keeper = newKeeper(rules, pool.genesis, { crashes: 0, timers: 8, hasMarks: false });
const digest = (one: SmallKeeper): string => digestOf(one, pool);

function block(variant: number) {
  return pool.make({ parent: pool.genesis, carries: null, variant, opening: null })!;
}

describe("the digest of a keeper", () => {
  it("is the same for what is no longer fresh and for terms that are over", () => {
    const heard = hearWishes(keeper, [{ suspected: term(1n), locked: null }]);
    expect(digest({ ...heard, nowMs: 10_000 })).toBe(digest({ ...keeper, nowMs: 10_000 }));
  });

  it.each([
    ["Suspects that it received", hearWishes(keeper, [{ suspected: term(1n), locked: null }])],
    ["Locks that it received", hearWishes(keeper, [{ suspected: null, locked: term(1n) }])],
    ["its own timer", fireTimer(keeper)],
  ])("tells keepers apart by %s", (_what, other) => {
    expect(digest({ ...other, timersLeft: keeper.timersLeft, nowMs: keeper.nowMs })).not.toBe(digest(keeper));
  });

  it("tells keepers apart by a fault of the present producer that is proved, with no rival at hand any more", () => {
    const rivals = [block(0), block(1)].reduce(deliver, keeper);
    expect(rivals.state.switching.fault).not.toBeNull();
    const forgotten = { ...rivals.state.switching, fault: null };
    expect(digest({ ...rivals, state: { ...rivals.state, switching: forgotten } })).not.toBe(digest(rivals));
  });

  it("tells keepers apart by the term of the certificate that proved the last block final, and by how long ago they suspected", () => {
    const { state } = keeper;
    expect(digest({ ...keeper, state: { ...state, finalProvedIn: term(0n) } })).not.toBe(digest(keeper));
    const waited = fireTimer(keeper);
    expect(digest({ ...waited, nowMs: waited.nowMs + 200 })).not.toBe(digest(waited));
  });

  it("of a calm network leaves out what others said and what has left", () => {
    const heard = hearWishes(keeper, [{ suspected: term(1n), locked: term(1n) }]);
    expect(calmDigestOf(calmed(heard), pool)).toBe(calmDigestOf(calmed(keeper), pool));
    expect(calmDigestOf(calmed({ ...keeper, votes: deliver(keeper, block(0)).votes }), pool)).toBe(
      calmDigestOf(calmed(keeper), pool),
    );
  });
});
