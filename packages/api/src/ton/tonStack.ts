import { Cell, parseTuple, serializeTuple, type TupleItem } from "@ton/core";
import { badParam, TonError } from "./tonError.js";

const ITEMS_MAX = 256;
const ITEM_BYTES_MAX = 64 * 1024;
/** As of every cell from outside. */
const CELL_DEPTH_MAX = 512;
/** Of what a method left, as cells: one that leaves a large cell many times costs it little. */
const ANSWER_BYTES_MAX = 1024 * 1024;

/** A stack as clients write it, `[["num", "5"], ["tvm.Cell", base64]]`, as the bag of cells that the machine takes. */
export function encodeStack(items: unknown): Uint8Array {
  if (!Array.isArray(items) || items.length > ITEMS_MAX)
    throw badParam("stack", `a list of at most ${ITEMS_MAX} items`);
  return serializeTuple(items.map(readItem)).toBoc();
}

function readItem(item: unknown): TupleItem {
  const [kind, given] = Array.isArray(item) ? (item as unknown[]) : [];
  // Some clients write small numbers as JSON does.
  const value = kind === "num" && Number.isSafeInteger(given) ? String(given) : given;
  if (typeof kind !== "string" || typeof value !== "string" || value.length > ITEM_BYTES_MAX * 2)
    throw badParam("stack", 'items like ["num", "0x5"] or ["tvm.Cell", base64]');
  switch (kind) {
    case "num":
      return { type: "int", value: readNumber(value) };
    case "tvm.Cell":
    case "cell":
      return { type: "cell", cell: readCell(value) };
    case "tvm.Slice":
    case "slice":
      return { type: "slice", cell: readCell(value) };
    case "tvm.Builder":
      return { type: "builder", cell: readCell(value) };
    default:
      throw badParam(
        "stack",
        `no item kind ${JSON.stringify(kind.slice(0, 32))}; num, tvm.Cell, tvm.Slice, tvm.Builder`,
      );
  }
}

function readNumber(text: string): bigint {
  if (!/^-?(0x[0-9a-fA-F]{1,64}|\d{1,78})$/.test(text))
    throw badParam("stack", "a number is decimal or 0x hex, 257 bits");
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  if (value >= 1n << 256n || value < -(1n << 256n)) throw badParam("stack", "a number has 257 bits");
  return value;
}

function readCell(base64: string): Cell {
  const cell = cellIn(base64);
  if (cell === null || cell.depth() > CELL_DEPTH_MAX)
    throw badParam("stack", `a cell is the base64 of a bag of cells, at most ${CELL_DEPTH_MAX} levels deep`);
  return cell;
}

function cellIn(base64: string): Cell | null {
  try {
    return Cell.fromBase64(base64);
  } catch {
    return null;
  }
}

/** What a get-method left, as clients read it. */
export function stackJson(boc: Uint8Array): unknown[] {
  const [root] = Cell.fromBoc(Buffer.from(boc));
  if (root === undefined) throw new TonError(500, "the machine left no stack");
  if (boc.length > ANSWER_BYTES_MAX) throw tooLarge();
  const cells = new CellTexts();
  return parseTuple(root).map((item) => itemJson(item, cells));
}

function tooLarge(): TonError {
  return new TonError(422, `the method left more than ${ANSWER_BYTES_MAX} bytes`);
}

/** Writes cells out until they are too many. */
class CellTexts {
  #left = ANSWER_BYTES_MAX;

  of(cell: Cell): string {
    const boc = cell.toBoc();
    this.#left -= boc.length;
    if (this.#left < 0) throw tooLarge();
    return boc.toString("base64");
  }
}

function itemJson(item: TupleItem, cells: CellTexts): unknown {
  switch (item.type) {
    case "int":
      return ["num", item.value < 0n ? `-0x${(-item.value).toString(16)}` : `0x${item.value.toString(16)}`];
    case "nan":
      return ["num", "NaN"];
    case "null":
      return ["null"];
    case "cell":
    case "slice":
    case "builder":
      return [item.type, { bytes: cells.of(item.cell) }];
    case "tuple":
      return ["tuple", { "@type": "tvm.tuple", elements: item.items.map((inner) => elementJson(inner, cells)) }];
  }
}

/** Inside of tuples each element is an object that names its type. */
function elementJson(item: TupleItem, cells: CellTexts): unknown {
  switch (item.type) {
    case "int":
      return { "@type": "tvm.stackEntryNumber", number: { "@type": "tvm.numberDecimal", number: String(item.value) } };
    case "cell":
    case "builder":
      return {
        "@type": "tvm.stackEntryCell",
        cell: { "@type": "tvm.cell", bytes: cells.of(item.cell) },
      };
    case "slice":
      return {
        "@type": "tvm.stackEntrySlice",
        slice: { "@type": "tvm.slice", bytes: cells.of(item.cell) },
      };
    case "tuple":
      return {
        "@type": "tvm.stackEntryTuple",
        tuple: { "@type": "tvm.tuple", elements: item.items.map((inner) => elementJson(inner, cells)) },
      };
    case "null":
    case "nan":
      return { "@type": "tvm.stackEntryList", list: { "@type": "tvm.list", elements: [] } };
  }
}
