import { type Cell, serializeTuple, type TupleItem } from "@ton/core";
import { GIVEN_BAG, readBag } from "@sealwright/execution";
import { badParam, type TonError } from "./tonError.js";
import { GIVEN_BAG_TEXT } from "./tonParams.js";

/** Also inside of tuples. */
const ITEMS_MAX = 256;
const ITEM_BYTES_MAX = 64 * 1024;
/** Of all items together. */
const CELLS_MAX = 1_024;

/**
 * A stack as clients write it, `[["num", "5"], ["tvm.Cell", base64]]`, or as `stackJson` does, as the bag of cells that the
 * machine takes.
 * @param given also as JSON text, as there is no other way to write it in a query
 */
export function encodeStack(given: unknown): Uint8Array {
  const items = typeof given === "string" ? listIn(given) : (given ?? []);
  if (!Array.isArray(items) || items.length > ITEMS_MAX) throw badStack(`a list of at most ${ITEMS_MAX} items`);
  const reader = new ItemReader();
  return serializeTuple(items.map((item) => reader.item(item))).toBoc();
}

function listIn(text: string): unknown {
  if (text === "") return [];
  try {
    return JSON.parse(text);
  } catch {
    throw badStack("a list as JSON text");
  }
}

function badStack(allowed: string): TonError {
  return badParam("stack", allowed);
}

/** Reads items until they are too many, or hold too much. */
class ItemReader {
  #items = 0;
  #cells = 0;

  item(given: unknown): TupleItem {
    this.#count();
    const [kind, value] = Array.isArray(given) ? (given as unknown[]) : [];
    switch (kind) {
      case "num":
        return numberOf(value);
      case "null":
        return { type: "null" };
      case "tvm.Cell":
      case "cell":
        return { type: "cell", cell: this.#cell(value) };
      case "tvm.Slice":
      case "slice":
        return { type: "slice", cell: this.#cell(value) };
      case "tvm.Builder":
      case "builder":
        return { type: "builder", cell: this.#cell(value) };
      case "tuple":
        return this.#tuple(value);
      case "list":
        return nothingOf(value);
      default:
        throw badStack(KINDS);
    }
  }

  #element(given: unknown): TupleItem {
    this.#count();
    switch (memberOf(given, "@type")) {
      case "tvm.stackEntryNumber":
        return numberOf(memberOf(memberOf(given, "number"), "number"));
      case "tvm.stackEntryCell":
        return { type: "cell", cell: this.#cell(memberOf(given, "cell")) };
      case "tvm.stackEntrySlice":
        return { type: "slice", cell: this.#cell(memberOf(given, "slice")) };
      case "tvm.stackEntryTuple":
        return this.#tuple(memberOf(given, "tuple"));
      case "tvm.stackEntryList":
        return nothingOf(memberOf(given, "list"));
      default:
        throw badStack('an element of a tuple as answers write it, {"@type": "tvm.stackEntryNumber", …}');
    }
  }

  #tuple(value: unknown): TupleItem {
    const elements = memberOf(value, "elements");
    if (!Array.isArray(elements)) throw badStack('a tuple as answers write it, ["tuple", {"elements": […]}]');
    return { type: "tuple", items: elements.map((element) => this.#element(element)) };
  }

  /** In base64, by itself or as answers write it. */
  #cell(value: unknown): Cell {
    const text = typeof value === "string" ? value : memberOf(value, "bytes");
    if (typeof text !== "string" || text.length > ITEM_BYTES_MAX * 2) throw badStack(`a cell is ${CELL}`);
    const bag = readBag(Buffer.from(text, "base64"), GIVEN_BAG);
    if (bag === null) throw badStack(`a cell is ${CELL}`);
    this.#cells += bag.cellCount;
    if (this.#cells > CELLS_MAX) throw badStack(`at most ${CELLS_MAX} cells in all`);
    return bag.toCell(bag.root);
  }

  #count(): void {
    this.#items += 1;
    if (this.#items > ITEMS_MAX) throw badStack(`at most ${ITEMS_MAX} items, with those inside of tuples`);
  }
}

const CELL = `the base64 of ${GIVEN_BAG_TEXT}`;
const KINDS =
  'items like ["num", "0x5"], ["tvm.Cell", base64], or as answers write them; num, null, cell, slice, builder, tuple';

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** An empty list is what clients of this interface know nothing as. */
function nothingOf(list: unknown): TupleItem {
  const elements = memberOf(list, "elements");
  if (!Array.isArray(elements) || elements.length > 0) throw badStack("a list is empty: it stands for null");
  return { type: "null" };
}

function numberOf(value: unknown): TupleItem {
  // Some clients write small numbers as JSON does.
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (text === "NaN") return { type: "nan" };
  if (typeof text !== "string" || !/^-?(0x[0-9a-fA-F]{1,64}|\d{1,78})$/.test(text))
    throw badStack("a number is decimal or 0x hex, 257 bits");
  const number = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  if (number >= 1n << 256n || number < -(1n << 256n)) throw badStack("a number has 257 bits");
  return { type: "int", value: number };
}
