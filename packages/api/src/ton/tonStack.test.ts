import { beginCell, Cell, serializeTuple } from "@ton/core";
import { chainBag } from "@sealwright/execution/testing";
import { describe, expect, it } from "vitest";
import { stackJson } from "./stackJson.js";
import { TonError } from "./tonError.js";
import { encodeStack } from "./tonStack.js";

function nested(levels: number): Cell {
  let cell = beginCell().storeUint(1, 8).endCell();
  for (let i = 0; i < levels; i++) cell = beginCell().storeRef(cell).endCell();
  return cell;
}

const codeOf = (act: () => unknown): number | null => {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof TonError ? error.code : 0;
  }
};

describe("a method's stack", () => {
  it("comes back as it was given", () => {
    const cell = nested(3).toBoc({ idx: false, crc32: false }).toString("base64");
    expect(
      stackJson(
        encodeStack([
          ["num", "-5"],
          ["tvm.Cell", cell],
        ]),
      ),
    ).toEqual([
      ["num", "-0x5"],
      ["cell", { bytes: cell }],
    ]);
  });

  it("[I12] takes no cell that nests too deep", () => {
    const stackWith = (levels: number) => () => encodeStack([["tvm.Cell", nested(levels).toBoc().toString("base64")]]);
    expect([codeOf(stackWith(500)), codeOf(stackWith(600))]).toEqual([null, 422]);
  });

  it("[I12] of tuples that hold the same tuple twice is told, or refused, by how much there is to tell", () => {
    const forked = (levels: number): Uint8Array => {
      // An element has a cell of its own: two of them are one cell.
      let element = beginCell().storeUint(0, 8).endCell();
      for (let i = 0; i < levels; i++)
        element = beginCell().storeUint(7, 8).storeUint(2, 16).storeRef(element).storeRef(element).endCell();
      const items = beginCell().storeUint(1, 24).storeRef(Cell.EMPTY).storeSlice(element.beginParse()).endCell();
      return new Uint8Array(items.toBoc());
    };
    expect([codeOf(() => stackJson(forked(8))), codeOf(() => stackJson(forked(200)))]).toEqual([null, 422]);
    expect(codeOf(() => stackJson(forked(1_100)))).toBe(422);
  });

  it("that holds a continuation, or no item at all, is refused", () => {
    const of = (item: number): Uint8Array =>
      new Uint8Array(beginCell().storeUint(1, 24).storeRef(Cell.EMPTY).storeUint(item, 8).endCell().toBoc());
    expect([codeOf(() => stackJson(of(6))), codeOf(() => stackJson(of(3)))]).toEqual([422, 422]);
  });

  it("[I12] takes no more items and cells than it says, wherever they stand", () => {
    const elements = Array.from({ length: 256 }, () => ({ "@type": "tvm.stackEntryNumber", number: { number: "1" } }));
    const cell = Buffer.from(chainBag(500)).toString("base64");
    const given = [
      [["tuple", { elements }]],
      [["tuple", { elements: elements.slice(1) }]],
      Array.from({ length: 257 }, () => ["null"]),
      Array.from({ length: 2 }, () => ["cell", { bytes: cell }]),
      Array.from({ length: 3 }, () => ["tvm.Cell", cell]),
    ];
    expect(given.map((stack) => codeOf(() => encodeStack(stack)))).toEqual([422, null, 422, null, 422]);
  });

  it("[I12] is not written out when a method leaves one large cell again and again", () => {
    const leaf = (i: number): Cell => beginCell().storeUint(i, 32).storeUint(0, 900).endCell();
    let large = leaf(0);
    for (let i = 1; i < 100; i++)
      large = beginCell()
        .storeUint(i, 32)
        .storeRef(large)
        .storeRef(leaf(i + 1_000))
        .endCell();
    const left = (count: number): Uint8Array =>
      new Uint8Array(serializeTuple(Array.from({ length: count }, () => ({ type: "cell", cell: large }))).toBoc());
    expect([codeOf(() => stackJson(left(10))), codeOf(() => stackJson(left(200)))]).toEqual([null, 422]);
  });
});
