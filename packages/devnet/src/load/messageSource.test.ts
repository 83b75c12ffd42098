import { parseLedgerMessage } from "@sealwright/execution";
import { type NetworkId, sha256Hex, toHex, unixMs, unwrap } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { createMessageSource } from "./messageSource.js";

const NETWORK = "77".repeat(32) as NetworkId;
const EXPIRY = unixMs(1_000);

function accountsOf(count: number, threads: number) {
  const random = new SeededRandom(3);
  return Array.from({ length: count }, (_, i) => ({
    id: toHex(random.bytes(32)),
    thread: i % threads,
    seed: toHex(random.bytes(32)),
    nonce: "5",
  }));
}

describe("createMessageSource", () => {
  it.each([
    [2, 10],
    [4, 20],
  ])("makes transfers of which exactly half cross threads, with %i threads", (threads, count) => {
    const accounts = accountsOf(count, threads);
    const threadOf = new Map(accounts.map(({ id, thread }) => [id, thread]));
    const source = createMessageSource(NETWORK, { type: "transfers", accounts, amount: "3" });
    let crossing = 0;
    for (let i = 0; i < threads * 100; i++) {
      const { content } = unwrap(parseLedgerMessage(NETWORK, source.next(EXPIRY).bytes));
      if (content.type !== "transfer") throw new Error("not a transfer");
      expect(content.amount).toBe(3n);
      // Senders take turns, threads first.
      if (threadOf.get(content.to) !== i % threads) crossing++;
    }
    expect(crossing).toBe(threads * 50);
  });

  it("gives each account its nonces one by one, from the first unused one", () => {
    const accounts = accountsOf(2, 1);
    const source = createMessageSource(NETWORK, { type: "transfers", accounts, amount: "1" });
    const nonces = Array.from({ length: 6 }, () => {
      const { content } = unwrap(parseLedgerMessage(NETWORK, source.next(EXPIRY).bytes));
      return content.type === "transfer" ? content.nonce : -1n;
    });
    expect(nonces).toEqual([5n, 5n, 6n, 6n, 7n, 7n]);
  });

  it("makes opaque messages of the wanted size, no two alike", () => {
    const source = createMessageSource(NETWORK, { type: "store", payloadBytes: 512 });
    const messages = Array.from({ length: 50 }, () => source.next(EXPIRY).bytes);
    expect(unwrap(parseLedgerMessage(NETWORK, messages[0]!)).content).toEqual({ type: "store", payloadBytes: 512 });
    expect(new Set(messages.map(sha256Hex)).size).toBe(50);
  });
});
