import { describe, expect, it } from "vitest";
import { MessageBook } from "./messageBook.js";

const BYTES = new Uint8Array(1);

function bookOf(...hashes: string[]): MessageBook {
  const book = new MessageBook();
  for (const [i, hash] of hashes.entries()) book.add(hash, BYTES, i * 10, 0);
  return book;
}

describe("MessageBook", () => {
  it("measures from the scheduled time to the word of the message's own node", () => {
    const book = bookOf("a", "b");
    book.note("a", "final", 1, 40); // another node was faster: not what its client saw
    book.note("a", "final", 0, 50);
    book.note("b", "final", 0, 100);
    expect(book.latencies(0, 100)).toEqual({ scheduled: 2, latencies: [50, 90] });
    expect(book.isSettled).toBe(true);
  });

  it("takes another node's word when the own node never says it", () => {
    const book = bookOf("a");
    book.note("a", "final", 2, 70);
    expect([book.isHeard, book.isSettled]).toEqual([true, false]);
    expect(book.latencies(0, 1)).toEqual({ scheduled: 1, latencies: [70] });
  });

  it("calls lost what was told included and never ended, and unsettled what was only taken", () => {
    const book = bookOf("included", "taken", "final", "refused", "expired", "silent");
    book.note("included", "prefinal", 0, 1);
    book.note("taken", "accepted", 0, 1);
    book.note("final", "included", 0, 1);
    book.note("final", "final", 0, 2);
    book.note("refused", "rejected", 0, 1, "nonceUsed");
    book.note("expired", "expired", 0, 1);
    expect(book.counts()).toEqual({ sent: 6, included: 2, final: 1, rejected: 1, expired: 1, lost: 1, unsettled: 2 });
    expect(book.rejections()).toEqual({ nonceUsed: 1 });
    expect(book.open().map(({ hash }) => hash)).toEqual(["included", "taken", "silent"]);
  });

  it("counts a message once, however often and in whatever order it is told", () => {
    const book = bookOf("a");
    for (const status of ["final", "included", "final", "queued", "rejected"] as const) book.note("a", status, 0, 5);
    book.note("unknown to us", "final", 0, 5);
    expect(book.counts()).toMatchObject({ sent: 1, included: 1, final: 1, rejected: 0, lost: 0 });
  });

  it("keeps the bytes of a message until its fate is known, to offer them to another node", () => {
    const book = bookOf("a");
    book.note("a", "accepted", 0, 1);
    expect(book.open()[0]?.bytes).toBe(BYTES);
    book.note("a", "final", 0, 1);
    expect(book.open()).toEqual([]);
  });
});
