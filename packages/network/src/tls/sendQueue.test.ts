import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME_OVERHEAD_BYTES } from "../limits.js";
import type { SendPriority } from "../transport.js";
import { SendQueue } from "./sendQueue.js";

describe("send queue", () => {
  it("[N2] gives out consensus before bulk, each in the order it came, and counts what is left", () => {
    type Action = { readonly push: SendPriority; readonly bytes: number } | "shift";
    const anyPush = fc.record({ push: fc.constantFrom<SendPriority>("consensus", "bulk"), bytes: fc.nat(50) });
    const anyAction: fc.Arbitrary<Action> = fc.oneof(anyPush, fc.constant("shift" as const));
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 300 }), (actions) => {
        const queue = new SendQueue({ consensus: 1_000, bulk: 1_000 });
        const model: Record<SendPriority, Uint8Array[]> = { consensus: [], bulk: [] };
        const charged = (frames: Uint8Array[]): number =>
          frames.reduce((sum, frame) => sum + frame.length + FRAME_OVERHEAD_BYTES, 0);
        for (const action of actions) {
          if (action === "shift") {
            expect(queue.shift()).toBe(model.consensus.shift() ?? model.bulk.shift());
          } else {
            const frame = new Uint8Array(action.bytes);
            const fits = charged(model[action.push]) + charged([frame]) <= 1_000;
            expect(queue.push(frame, action.push)).toBe(fits);
            if (fits) model[action.push].push(frame);
          }
          expect(queue.bytes).toBe(charged(model.consensus) + charged(model.bulk));
        }
      }),
    );
  });

  it("[N2] keeps the order over many thousands of frames that come and go", () => {
    const queue = new SendQueue({ consensus: 10_000_000, bulk: 0 });
    const frameOf = (n: number): Uint8Array => Uint8Array.of(n >> 16, n >> 8, n);
    let next = 0;
    for (let n = 0; n < 20_000; n += 1) {
      queue.push(frameOf(n), "consensus");
      if (n % 3 > 0) expect(queue.shift()).toEqual(frameOf(next++));
    }
    for (; next < 20_000; next += 1) expect(queue.shift()).toEqual(frameOf(next));
    expect([queue.shift(), queue.bytes]).toEqual([undefined, 0]);
  });

  it("[N5] counts an empty frame as well, so that a queue is bounded in frames too", () => {
    const queue = new SendQueue({ consensus: 10 * FRAME_OVERHEAD_BYTES, bulk: 0 });
    const taken = Array.from({ length: 20 }, () => queue.push(new Uint8Array(0), "consensus"));
    expect(taken.filter(Boolean).length).toBe(10);
  });
});
