import { type AccountId, type MessageHash, unixMs } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageQueue, type QueuedMessage } from "./messageQueue.js";

const LIMITS = { messagesMax: 12, messagesPerAccountMax: 5, bytesMax: 60 };
/** Numbers of the same rest have one account. */
const ACCOUNTS = 3;

function message(number: number, bytes = 4): QueuedMessage {
  return {
    hash: number.toString(16).padStart(64, "0") as MessageHash,
    account: String(number % ACCOUNTS) as AccountId,
    bytes: new Uint8Array(bytes),
    expiresAtMs: unixMs(1_000 + number),
  };
}

const numbersOf = (messages: readonly QueuedMessage[]): number[] => messages.map(({ hash }) => parseInt(hash, 16));

/** Everything that waits, in order; the queue is left as it was. */
function peek(queue: MessageQueue): number[] {
  const all = queue.take(1_000, 1_000_000);
  queue.giveBack(all);
  return numbersOf(all);
}

describe("MessageQueue", () => {
  it("hands out messages in order of arrival, within both limits", () => {
    const queue = new MessageQueue();
    for (const number of [5, 3, 9, 1]) queue.add(message(number, 10));
    expect(numbersOf(queue.take(2, 1_000))).toEqual([5, 3]);
    expect(numbersOf(queue.take(10, 19))).toEqual([9]);
    expect(queue.length).toBe(1);
  });

  it("knows what a block took, and takes a forgotten message again", () => {
    const queue = new MessageQueue();
    queue.add(message(1));
    queue.take(1, 100);
    expect(queue.add(message(1))).toBe("alreadyHere");
    queue.forget([message(1).hash]);
    expect(queue.add(message(1))).toBe("queued");
  });

  it("refuses beyond its limits, and takes back what was let in although it is full meanwhile", () => {
    const queue = new MessageQueue({ ...LIMITS, messagesMax: 2, bytesMax: 100 });
    queue.add(message(1));
    queue.add(message(2));
    expect(queue.add(message(3))).toBe("full");
    const taken = queue.take(2, 100);
    queue.add(message(4));
    queue.add(message(5));
    queue.giveBack(taken);
    expect(peek(queue)).toEqual([1, 2, 4, 5]);
    expect(new MessageQueue({ ...LIMITS, bytesMax: 3 }).add(message(1))).toBe("full");
  });

  it("has room for others when one account has filled its part", () => {
    const queue = new MessageQueue({ ...LIMITS, messagesPerAccountMax: 2 });
    for (const number of [0, 3]) queue.add(message(number));
    expect(queue.add(message(6))).toBe("accountFull");
    expect(queue.add(message(1))).toBe("queued");
    queue.take(1, 100);
    expect(queue.add(message(6))).toBe("queued");
  });

  it("hands over all that waits, in order, and takes it again, also what a block took and holds no longer", () => {
    const queue = new MessageQueue();
    for (const number of [3, 1, 2]) queue.add(message(number));
    queue.take(1, 100);
    expect(numbersOf(queue.handOver([]))).toEqual([1, 2]);
    expect(queue.length).toBe(0);
    expect([1, 2, 3].map((number) => queue.add(message(number)))).toEqual(["queued", "queued", "queued"]);
  });

  it("keeps what a build under way has: it is not taken twice, and comes back when that build ends", () => {
    const queue = new MessageQueue();
    for (const number of [1, 2, 3]) queue.add(message(number));
    const taken = queue.take(2, 100);
    expect(numbersOf(queue.handOver(taken))).toEqual([3]);
    expect(queue.add(message(1))).toBe("alreadyHere");
    queue.giveBack(taken);
    expect(peek(queue)).toEqual([1, 2]);
  });

  it("[§10] puts messages back where they were, whichever block gives its own back first", () => {
    const queue = new MessageQueue();
    for (let number = 1; number <= 6; number++) queue.add(message(number));
    const [first, second] = [queue.take(2, 100), queue.take(2, 100)];
    queue.giveBack(first);
    queue.giveBack(second);
    expect(peek(queue)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("drops what waits and has expired, never what a block holds", () => {
    const queue = new MessageQueue();
    for (const number of [1, 2, 3]) queue.add(message(number));
    queue.take(1, 100);
    expect(queue.dropExpired(unixMs(1_003))).toEqual([message(2).hash]);
    expect([queue.has(message(1).hash), queue.has(message(2).hash), queue.has(message(3).hash)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("behaves as a list that remembers arrival, under any order of calls", () => {
    const call = fc.oneof(
      fc.record({ type: fc.constant("add" as const), number: fc.nat(30) }),
      fc.record({ type: fc.constant("take" as const), count: fc.nat(5), bytes: fc.nat(30) }),
      fc.record({ type: fc.constant("giveBack" as const), pick: fc.nat(5) }),
      fc.record({ type: fc.constant("forget" as const), number: fc.nat(30) }),
      fc.record({ type: fc.constant("handOver" as const), pick: fc.nat(5) }),
      fc.record({ type: fc.constant("expire" as const), before: fc.integer({ min: 1_000, max: 1_030 }) }),
    );
    fc.assert(
      fc.property(fc.array(call, { maxLength: 80 }), (calls) => {
        const queue = new MessageQueue(LIMITS);
        let arrivals: number[] = [];
        let waiting = new Set<number>();
        let batches: QueuedMessage[][] = [];
        for (const each of calls) {
          switch (each.type) {
            case "add": {
              const isKnown = arrivals.includes(each.number);
              const isFull = waiting.size >= LIMITS.messagesMax || (waiting.size + 1) * 4 > LIMITS.bytesMax;
              const ofAccount = [...waiting].filter((number) => number % ACCOUNTS === each.number % ACCOUNTS).length;
              const isAccountFull = ofAccount >= LIMITS.messagesPerAccountMax;
              const expected = isKnown ? "alreadyHere" : isFull ? "full" : isAccountFull ? "accountFull" : "queued";
              expect(queue.add(message(each.number))).toBe(expected);
              if (expected !== "queued") break;
              arrivals.push(each.number);
              waiting.add(each.number);
              break;
            }
            case "take": {
              const count = Math.min(each.count, Math.floor(each.bytes / 4));
              const expected = arrivals.filter((number) => waiting.has(number)).slice(0, count);
              const taken = queue.take(each.count, each.bytes);
              expect(numbersOf(taken)).toEqual(expected);
              for (const number of expected) waiting.delete(number);
              batches.push(taken);
              break;
            }
            case "giveBack": {
              const batch = batches[each.pick % Math.max(1, batches.length)] ?? [];
              batches = batches.filter((other) => other !== batch);
              queue.giveBack(batch);
              for (const number of numbersOf(batch)) if (arrivals.includes(number)) waiting.add(number);
              break;
            }
            case "forget":
              queue.forget([message(each.number).hash]);
              arrivals = arrivals.filter((number) => number !== each.number);
              waiting.delete(each.number);
              batches = batches.map((batch) => batch.filter(({ hash }) => hash !== message(each.number).hash));
              break;
            case "handOver": {
              const kept = batches[each.pick % Math.max(1, batches.length)] ?? [];
              expect(numbersOf(queue.handOver(kept))).toEqual(arrivals.filter((number) => waiting.has(number)));
              arrivals = arrivals.filter((number) => numbersOf(kept).includes(number));
              waiting = new Set();
              batches = [kept];
              break;
            }
            case "expire": {
              const expired = arrivals.filter((number) => waiting.has(number) && 1_000 + number < each.before);
              expect(
                numbersOf(queue.dropExpired(unixMs(each.before)).map((hash) => ({ ...message(0), hash }))),
              ).toEqual(expired);
              arrivals = arrivals.filter((number) => !expired.includes(number));
              waiting = new Set([...waiting].filter((number) => !expired.includes(number)));
              break;
            }
          }
          expect(queue.length).toBe(waiting.size);
        }
        expect(peek(queue)).toEqual(arrivals.filter((number) => waiting.has(number)));
      }),
      { numRuns: 500 },
    );
  });
});
