import { height, type MessageHash, sha256Hex, unixMs } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DedupeEntry, dedupeEntry, DedupeWindow } from "./dedupeWindow.js";

const hashOf = (n: number): MessageHash => sha256Hex(Buffer.from(`message ${n}`)) as MessageHash;

describe("dedupe window", () => {
  it("[M1] knows exactly the messages whose second is not over, and is the same when loaded from its entries", () => {
    const block = fc.record({ passedMs: fc.nat(3_000), aheadMs: fc.array(fc.nat(8_000), { maxLength: 8 }) });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 25 }), (blocks) => {
        let window = DedupeWindow.empty;
        let entries: DedupeEntry[] = [];
        let nowMs = 1_000_000;
        const messages: { hash: MessageHash; expiresAtMs: number }[] = [];
        blocks.forEach(({ passedMs, aheadMs }, at) => {
          nowMs += passedMs;
          const made = aheadMs.map((ahead, i) => ({ hash: hashOf(at * 100 + i), expiresAtMs: nowMs + ahead }));
          const seconds = [...new Set(made.map(({ expiresAtMs }) => Math.floor(expiresAtMs / 1_000)))].sort(
            (a, b) => a - b,
          );
          const added = seconds.map((second) =>
            dedupeEntry(
              second,
              height(BigInt(at + 1)),
              made.filter((m) => Math.floor(m.expiresAtMs / 1_000) === second).map((m) => m.hash),
            ),
          );
          const leaving = window.leavingKeys(unixMs(nowMs)).length;
          const kept = entries.filter(({ second }) => (second + 1) * 1_000 > nowMs);
          expect(leaving).toBe(entries.length - kept.length);
          entries = [...kept, ...added];
          messages.push(...made);
          window = window.advance(unixMs(nowMs), added);
        });
        for (const { hash, expiresAtMs } of messages) {
          const isHeld = (Math.floor(expiresAtMs / 1_000) + 1) * 1_000 > nowMs;
          expect(window.has(hash, unixMs(expiresAtMs))).toBe(isHeld);
        }
        const reloaded = DedupeWindow.fromEntries([...entries].reverse());
        expect(reloaded.commitment).toEqual(window.commitment);
      }),
      { numRuns: 60 },
    );
  });

  it("does not know a hash under another second", () => {
    const window = DedupeWindow.empty.advance(unixMs(1_000_000), [dedupeEntry(1_010, height(1n), [hashOf(1)])]);
    expect(window.has(hashOf(1), unixMs(1_010_500))).toBe(true);
    expect(window.has(hashOf(1), unixMs(1_011_000))).toBe(false);
    expect(window.has(hashOf(2), unixMs(1_010_500))).toBe(false);
  });
});
