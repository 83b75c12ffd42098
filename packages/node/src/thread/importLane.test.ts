import { type AccountId, height, type OutboundMessage } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ImportLane } from "./importLane.js";

const ACCOUNT = "00".repeat(32) as AccountId;
const ALL = 1_000;

function messagesOf(count: number, bytes = 1): OutboundMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    source: ACCOUNT,
    destination: ACCOUNT,
    body: new Uint8Array(bytes).fill(i),
  }));
}

function laneOf(messagesMax: number, bytesMax = 1_000): ImportLane {
  return new ImportLane({ messagesMax, bytesMax }, height(1));
}

const cursor = (at: number, position = 0) => ({ height: height(at), position });

describe("ImportLane", () => {
  it("[I12] takes no block that does not fit by messages or by bytes, and ends before it", () => {
    const byCount = laneOf(4);
    expect([3, 0, 2].map((count) => byCount.push(messagesOf(count)))).toEqual([true, true, false]);
    expect([byCount.end, byCount.count]).toEqual([3n, 3]);
    const byBytes = laneOf(100, 10);
    expect([4, 4, 4].map((bytes) => byBytes.push(messagesOf(1, bytes)))).toEqual([true, true, false]);
    expect([byBytes.end, byBytes.count]).toEqual([3n, 2]);
  });

  it("takes one block whatever it holds, so that it never stands still", () => {
    const lane = laneOf(4);
    expect(lane.push(messagesOf(9))).toBe(true);
    expect([lane.push(messagesOf(1)), lane.push([])]).toEqual([false, true]);
    lane.forgetBelow(cursor(2));
    expect([lane.count, lane.isHalfEmpty]).toEqual([0, true]);
  });

  it("keeps a block that is imported in part, and begins anew where the other thread is when it was overtaken", () => {
    const lane = laneOf(10);
    for (const count of [2, 3]) lane.push(messagesOf(count));
    lane.forgetBelow(cursor(2, 1));
    expect(lane.messages(cursor(2, 1), null, ALL).map(({ at }) => at)).toEqual([cursor(2, 1), cursor(2, 2)]);
    lane.forgetBelow(cursor(7));
    expect([lane.from, lane.end, lane.count]).toEqual([7n, 7n, 0]);
  });

  it("[I11] gives each message of a range once, in order, whatever was forgotten before it", () => {
    const counts = fc.array(fc.nat(3), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counts, fc.nat(13), fc.nat(3), fc.nat(13), fc.nat(3), (shape, a, i, b, j) => {
        const lane = laneOf(ALL);
        for (const count of shape) lane.push(messagesOf(count));
        const [from, to] = [cursor(a + 1, i), cursor(b + 1, j)];
        const expected = shape.flatMap((count, at) =>
          Array.from({ length: count }, (_, position) => cursor(at + 1, position)).filter(
            (each) => !isBefore(each, from) && isBefore(each, to),
          ),
        );
        lane.forgetBelow(from);
        expect(lane.messages(from, to, ALL).map(({ at }) => at)).toEqual(expected);
        expect(lane.messages(from, to, 2).map(({ at }) => at)).toEqual(expected.slice(0, 2));
      }),
    );
  });
});

function isBefore(a: ReturnType<typeof cursor>, b: ReturnType<typeof cursor>): boolean {
  return a.height < b.height || (a.height === b.height && a.position < b.position);
}
