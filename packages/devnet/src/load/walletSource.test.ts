import { type NetworkId, unixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { walletSource } from "./walletSource.js";

const NETWORK = "77".repeat(32) as NetworkId;
const EXPIRY = unixMs(40_000);

function sourceOf(...seqnos: (number | null)[]) {
  return walletSource(NETWORK, { type: "wallets", seed: "05".repeat(32), threads: 2, seqnos, amount: "1" });
}

describe("walletSource", () => {
  it("sends what was signed ahead as long as every message is executed", () => {
    const source = sourceOf(3, null);
    const ahead = Array.from({ length: 4 }, () => source.next(EXPIRY));
    for (const message of ahead) {
      const due = source.due(message)!;
      expect(due.bytes).toBe(message.bytes);
      source.ended(due, true);
    }
    expect(ahead.map(({ turn }) => turn?.seqno)).toEqual([3, null, 4, 1]);
    expect(source.lost(EXPIRY)).toEqual([]);
  });

  it("goes on with a wallet after a message that was not executed, with the number that the chain has", () => {
    const source = sourceOf(3, 8);
    const ahead = Array.from({ length: 6 }, () => source.next(EXPIRY));
    source.ended(source.due(ahead[0]!)!, false);
    source.ended(source.due(ahead[1]!)!, true);
    // The first wallet does not know its number: the second one sends in its place, and goes on from there.
    expect([source.due(ahead[2]!), source.due(ahead[3]!)].map((due) => due?.turn)).toMatchObject([
      { wallet: 1, seqno: 9 },
      { wallet: 1, seqno: 10 },
    ]);
    const [lost] = source.lost(EXPIRY);
    source.found(lost!, null);
    const due = source.due(ahead[4]!)!;
    expect(due.turn).toMatchObject({ wallet: 0, seqno: null });
    expect(due.bytes).not.toEqual(ahead[4]!.bytes);
    expect(source.lost(EXPIRY)).toEqual([]);
  });

  it("sends nothing while no wallet knows its number", () => {
    const source = sourceOf(3);
    const ahead = [source.next(EXPIRY), source.next(EXPIRY)];
    source.ended(source.due(ahead[0]!)!, false);
    expect(source.due(ahead[1]!)).toBeNull();
  });
});
