import { beginCell, Cell } from "@ton/core";
import { BocView } from "@sealwright/execution";
import { describe, expect, it } from "vitest";
import { walletOf } from "./tonWallet.js";

/** TON's wallet v3 r1. */
const code = Cell.fromBase64(
  "te6cckEBAQEAYgAAwP8AIN0gggFMl7qXMO1E0NcLH+Ck8mCDCNcYINMf0x/TH/gjE7vyY+1E0NMf0x/T/9FRMrryoVFEuvKiBPkBVBBV+RDyo/gAkyDXSpbTB9QC+wDo0QGkyMsfyx/L/8ntVD++buA=",
);

describe("walletOf", () => {
  const walletWith = (data: Cell): ReturnType<typeof walletOf> => {
    const bag = new BocView(beginCell().storeRef(code).storeRef(data).endCell().toBoc());
    const [at, dataAt] = bag.refs(bag.root);
    return walletOf(bag, { type: "active", code: at!, data: dataAt! });
  };

  it("knows a standard wallet by its code, and no wallet whose data is none of a wallet", () => {
    const data = beginCell().storeUint(7, 32).storeUint(698_983_191, 32).storeBuffer(Buffer.alloc(32)).endCell();
    expect(walletWith(data)).toEqual({ name: "wallet v3 r1", seqno: 7, walletId: 698_983_191 });
    expect(walletWith(beginCell().storeUint(7, 63).endCell())).toBeNull();
  });
});
