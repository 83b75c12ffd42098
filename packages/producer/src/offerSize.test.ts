import { type MessageHash, sha256Hex } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OfferSize } from "./offerSize.js";

const hashOf = (i: number): MessageHash => sha256Hex(Buffer.from(String(i))) as MessageHash;

describe("offer size", () => {
  it("finds the one message that kills the builder, within few deaths, wherever it stands", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.nat(), fc.boolean(), (count, pick, isKnown) => {
        const culprit = hashOf(pick % count);
        const offers = new OfferSize();
        let waiting = Array.from({ length: count }, (_, i) => hashOf(i));
        let deaths = 0;
        for (let builds = 0; waiting.length > 0 && builds < 4_000; builds++) {
          const offered = waiting.slice(0, offers.countMax(1_000));
          if (!offered.includes(culprit)) {
            offers.built(offered);
            waiting = waiting.slice(offered.length);
            continue;
          }
          deaths++;
          const found = offers.died(offered, isKnown ? offered.indexOf(culprit) : null);
          if (found === null) continue;
          expect(found).toBe(culprit);
          waiting = waiting.filter((hash) => hash !== found);
        }
        expect(waiting).toEqual([]);
        expect(deaths).toBeLessThan(isKnown ? 4 : 80);
      }),
    );
  });

  it("blames no message for a single death, and none at all for a death over nothing", () => {
    const offers = new OfferSize();
    expect(offers.died([], null)).toBeNull();
    expect(offers.died([hashOf(1)], 0)).toBeNull();
    offers.built([hashOf(1)]);
    expect(offers.died([hashOf(1)], 0)).toBeNull();
    expect(offers.died([hashOf(2)], 0)).toBeNull();
    expect(offers.died([hashOf(2)], 0)).toBe(hashOf(2));
  });

  it("accuses a message that only stood alone in the offer when the builder died five times more over nothing else", () => {
    const offers = new OfferSize();
    const verdicts = Array.from({ length: 6 }, () => offers.died([hashOf(1)], null));
    expect(verdicts).toEqual([null, null, null, null, null, hashOf(1)]);
    for (let i = 0; i < 5; i++) expect(offers.died([hashOf(2)], null)).toBeNull();
    offers.built([hashOf(2)]);
    expect(offers.died([hashOf(2)], null)).toBeNull();
  });

  it("offers first what stood before the message that a builder had in hand, then that one alone", () => {
    const offers = new OfferSize();
    const offered = [1, 2, 3, 4].map(hashOf);
    expect(offers.died(offered, 2)).toBeNull();
    expect(offers.countMax(1_000)).toBe(2);
    offers.built(offered.slice(0, 2));
    expect(offers.died(offered.slice(2), 0)).toBe(hashOf(3));
  });
});
