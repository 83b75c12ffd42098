import { beginCell, type Cell, serializeTuple } from "@ton/core";
import { describe, expect, it } from "vitest";
import { encodeStack, stackJson } from "./tonStack.js";
import { TonError } from "./tonError.js";

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
    const cell = nested(3).toBoc().toString("base64");
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
