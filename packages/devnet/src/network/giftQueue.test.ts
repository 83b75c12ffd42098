import type { AccountId } from "@sealwright/types";
import { expect, it } from "vitest";
import { type Gift, GiftQueue } from "./giftQueue.js";

const idOf = (name: string): AccountId => name.repeat(64) as AccountId;
const gift = (name: string, amount = 1n): Gift => ({ to: idOf(name), amount });

/** Rounds are held open until they are let go. */
function openQueue(waitingMax = 32) {
  const rounds: (readonly Gift[])[] = [];
  const ends: { done: () => void; failed: (error: Error) => void }[] = [];
  const queue = new GiftQueue<string>({ waitingMax, receiversMax: 4 }, (payments) => {
    rounds.push(payments);
    return new Promise((resolve, reject) =>
      ends.push({ done: () => resolve(payments.map(({ to }) => `to ${to[0]}`)), failed: reject }),
    );
  });
  const begun = async (count: number): Promise<void> => {
    while (rounds.length < count) await new Promise(setImmediate);
  };
  const give = (one: Gift): Promise<string> => queue.give(one)!;
  return { queue, give, rounds, ends, begun };
}

it("sends gifts that wait in one message, in their order, as many as it holds", async () => {
  const { give, rounds, ends, begun } = openQueue();
  const first = give(gift("a"));
  await begun(1);
  const given = ["b", "c", "d", "e", "f"].map((name) => give(gift(name)));
  ends[0]!.done();
  expect(await first).toBe("to a");
  await begun(2);
  ends[1]!.done();
  await begun(3);
  ends[2]!.done();
  expect(await Promise.all(given)).toEqual(["to b", "to c", "to d", "to e", "to f"]);
  const names = rounds.map((round) => round.map(({ to }) => to[0]).join(""));
  expect(names).toEqual(["a", "bcde", "f"]);
});

it("sends gifts that are asked for at once together", async () => {
  const { give, rounds, ends, begun } = openQueue();
  const given = ["a", "b"].map((name) => give(gift(name)));
  await begun(1);
  ends[0]!.done();
  await Promise.all(given);
  expect(rounds).toHaveLength(1);
});

it("makes one payment of those to one receiver, whose arrival answers all of them", async () => {
  const { give, rounds, ends, begun } = openQueue();
  const given = [gift("a", 5n), gift("b"), gift("a", 7n)].map(give);
  await begun(1);
  ends[0]!.done();
  expect(await Promise.all(given)).toEqual(["to a", "to b", "to a"]);
  expect(rounds).toEqual([[gift("a", 12n), gift("b")]]);
});

it("fails all of a round that fails, and goes on with those behind it", async () => {
  const { give, ends, begun } = openQueue();
  const failing = give(gift("a"));
  const told = expect(failing).rejects.toThrow("no node");
  await begun(1);
  const next = give(gift("b"));
  ends[0]!.failed(new Error("no node"));
  await told;
  await begun(2);
  ends[1]!.done();
  expect(await next).toBe("to b");
});

it("refuses what is too many", async () => {
  const { queue, give, ends, begun } = openQueue(2);
  const first = give(gift("a"));
  await begun(1);
  const waiting = [give(gift("b")), give(gift("c"))];
  expect(queue.give(gift("d"))).toBeNull();
  for (const round of [1, 2]) {
    ends[round - 1]!.done();
    if (round === 1) await begun(2);
  }
  await Promise.all([first, ...waiting]);
});
