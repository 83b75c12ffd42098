import { unixMs } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClockOffset } from "./clockOffset.js";

const SENT_MS = 1_000_000;

describe("clock offset of a peer", () => {
  it("[S12] is told by the shortest of the last eight round trips, which is off by half of it at most, and by none that takes long", () => {
    const wayMs = fc.record({ thereMs: fc.nat(400), backMs: fc.nat(400) });
    fc.assert(
      fc.property(fc.integer({ min: -5_000, max: 5_000 }), fc.array(wayMs, { minLength: 1 }), (aheadMs, ways) => {
        const offset = new ClockOffset();
        expect(offset.offsetMs).toBeNull();
        for (const { thereMs, backMs } of ways) {
          const peerMs = unixMs(SENT_MS + thereMs + aheadMs);
          offset.note({ peerMs, nowMs: unixMs(SENT_MS + thereMs + backMs), roundTripMs: thereMs + backMs });
        }
        const shortestMs = Math.min(...ways.slice(-8).map(({ thereMs, backMs }) => thereMs + backMs));
        if (shortestMs > 400) expect(offset.offsetMs).toBeNull();
        else expect(Math.abs(offset.offsetMs! - aheadMs)).toBeLessThanOrEqual(shortestMs / 2);
      }),
    );
  });

  it("[S12] forgets what was before a clock was set right", () => {
    const offset = new ClockOffset();
    const now = unixMs(SENT_MS);
    offset.note({ peerMs: unixMs(SENT_MS + 900), nowMs: now, roundTripMs: 0 });
    for (let i = 0; i < 7; i += 1) offset.note({ peerMs: now, nowMs: now, roundTripMs: 4 });
    expect(offset.offsetMs).toBe(900);
    offset.note({ peerMs: now, nowMs: now, roundTripMs: 4 });
    expect(offset.offsetMs).toBe(2);
  });
});
