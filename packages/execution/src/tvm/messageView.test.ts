import {
  Address,
  beginCell,
  Cell,
  type CommonMessageInfo,
  Dictionary,
  ExternalAddress,
  loadMessage,
  storeMessage,
  storeStateInit,
} from "@ton/core";
import { describe, expect, it } from "vitest";
import { writeCell } from "./bagOfCells.js";
import { BocView } from "./bocView.js";
import { type MessageView, viewMessage } from "./messageView.js";

const SRC = new Address(0, Buffer.alloc(32, 1));
const DEST = new Address(-1, Buffer.alloc(32, 2));
const OUTSIDE = new ExternalAddress(0x1ffn, 9);
const BODY = beginCell().storeUint(7, 32).storeRef(beginCell().storeUint(1, 1)).endCell();
const LONG = beginCell().storeBuffer(Buffer.alloc(120, 9)).endCell();
const other = Dictionary.empty(Dictionary.Keys.Uint(32), Dictionary.Values.BigVarUint(5)).set(7, 9n);

const INTERNAL: CommonMessageInfo = {
  type: "internal",
  ihrDisabled: true,
  bounce: true,
  bounced: false,
  src: SRC,
  dest: DEST,
  value: { coins: 10n ** 18n, other },
  ihrFee: 3n,
  forwardFee: 400_000n,
  createdLt: 2n ** 63n + 5n,
  createdAt: 1_700_000_000,
};

function viewOf(cell: Cell): { readonly bag: BocView; readonly view: MessageView | null } {
  const bag = new BocView(writeCell(cell));
  return { bag, view: viewMessage(bag, bag.root) };
}

describe("viewMessage", () => {
  it.each([
    ["from account to account", INTERNAL],
    ["that does not bounce", { ...INTERNAL, value: { coins: 0n }, bounce: false }],
    ["from outside", { type: "external-in", src: null, dest: SRC, importFee: 0n }],
    ["from somebody outside", { type: "external-in", src: OUTSIDE, dest: DEST, importFee: 77n }],
    ["to the outside", { type: "external-out", src: SRC, dest: null, createdLt: 6n, createdAt: 7 }],
    ["to somebody outside", { type: "external-out", src: SRC, dest: OUTSIDE, createdLt: 6n, createdAt: 7 }],
  ] as readonly (readonly [string, CommonMessageInfo])[])(
    "sees what the library sees in a message %s",
    (_what, info) => {
      for (const body of [Cell.EMPTY, BODY, LONG]) {
        for (const init of [null, { code: BODY, data: LONG, splitDepth: 5 }, { code: null, data: null }]) {
          for (const forceRef of [false, true]) {
            const cell = beginCell().store(storeMessage({ info, init, body }, { forceRef })).endCell();
            const read = loadMessage(cell.beginParse());
            const { bag, view } = viewOf(cell);
            expect(Buffer.from(bag.hash(view!.body)).equals(read.body.hash())).toBe(true);
            const start = read.init == null ? null : beginCell().store(storeStateInit(read.init)).endCell().hash();
            expect(view!.init === null ? null : Buffer.from(bag.hash(view!.init))).toEqual(start);
            if (view?.type === "internal" && read.info.type === "internal") {
              const { coins, ihrFee, forwardFee, createdLt, createdAt, bounce, ihrDisabled } = view;
              expect({ ...read.info, value: undefined, src: undefined, dest: undefined, bounced: undefined }).toEqual({
                ...{ type: "internal", ihrFee, forwardFee, createdLt, createdAt, bounce, ihrDisabled },
              });
              expect(coins).toBe(read.info.value.coins);
              expect(view.otherCurrencies === null).toBe(read.info.value.other === undefined);
            }
            if (view?.type !== "external") expect(view?.src.equals(SRC)).toBe(true);
            if (view?.type !== "outward") expect(view?.dest.equals(read.info.dest as Address)).toBe(true);
            if (view?.type === "outward") expect([view.createdLt, read.info.type]).toEqual([6n, "external-out"]);
          }
        }
      }
    },
  );

  it("reads a destination whose beginning is rewritten as the library does", () => {
    for (const [depth, prefix] of [
      [1, 1],
      [9, 0x155],
      [30, 0x2bcd_ef01],
    ] as const) {
      const cell = beginCell()
        .storeUint(0b1000, 4)
        .storeUint(0b101, 3)
        .storeUint(depth, 5)
        .storeUint(prefix, depth)
        .storeInt(0, 8)
        .storeBuffer(Buffer.alloc(32, 0xaa))
        .storeCoins(0)
        .storeUint(0, 2)
        .endCell();
      const { view } = viewOf(cell);
      const read = loadMessage(cell.beginParse()).info.dest as Address;
      expect(view?.type === "external" && view.dest.equals(read)).toBe(true);
    }
  });

  it("is null of what is no message", () => {
    const whole = beginCell()
      .store(storeMessage({ info: INTERNAL, body: LONG }, { forceRef: true }))
      .endCell();
    for (let bits = 0; bits < whole.bits.length - 1; bits += 13)
      expect(viewOf(new Cell({ bits: whole.bits.substring(0, bits), refs: whole.refs })).view).toBeNull();
    expect(viewOf(new Cell({ bits: whole.bits, refs: [] })).view).toBeNull();
  });
});
