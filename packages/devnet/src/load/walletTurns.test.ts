import { describe, expect, it } from "vitest";
import { WalletTurns } from "./walletTurns.js";

const END_MS = 40_000;

describe("WalletTurns", () => {
  it("counts each wallet's numbers by itself, and the message that brings its code as number 0", () => {
    const turns = new WalletTurns([7, null]);
    const taken = [0, 1, 0, 1].map((wished) => turns.take(wished, END_MS));
    expect(taken.map((turn) => turn?.seqno)).toEqual([7, null, 8, 1]);
  });

  it("does not stop a wallet for ever when one of its messages is not executed", () => {
    const turns = new WalletTurns([7]);
    const [first, second] = [turns.take(0, END_MS)!, turns.take(0, END_MS)!];
    turns.ended(first, true);
    turns.ended(second, false);
    expect(turns.lost(0)).toEqual([0]);
    turns.found(0, 8);
    expect(turns.take(0, END_MS)).toMatchObject({ wallet: 0, seqno: 8 });
  });

  it("leaves a wallet's number alone while one of its messages is under way, at most until that one's end", () => {
    const turns = new WalletTurns([7]);
    const [, second] = [turns.take(0, END_MS)!, turns.take(0, END_MS)!];
    turns.ended(second, false);
    expect(turns.lost(END_MS)).toEqual([]);
    expect(turns.lost(END_MS + 5_001)).toEqual([0]);
  });

  it("lets another wallet send in place of one that does not know its number, and nobody when none does", () => {
    const turns = new WalletTurns([1, 20]);
    turns.ended(turns.take(0, END_MS)!, false);
    expect(turns.take(0, END_MS)).toMatchObject({ wallet: 1, seqno: 20 });
    turns.ended(turns.take(1, END_MS)!, false);
    expect(turns.take(0, END_MS)).toBeNull();
  });

  it("passes over the last word on a message from before the number was read", () => {
    const turns = new WalletTurns([1]);
    const [first, second] = [turns.take(0, END_MS)!, turns.take(0, END_MS)!];
    turns.ended(second, false);
    turns.found(0, 1);
    turns.ended(first, false);
    expect(turns.take(0, END_MS)).toMatchObject({ wallet: 0, seqno: 1 });
  });
});
