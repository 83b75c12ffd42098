import {
  BocView,
  type CellPart,
  type CellSlice,
  isReadableBag,
  MADE_BAG,
  ShortCellError,
  writeBag,
} from "@sealwright/execution";
import { base64 } from "./base64.js";
import { TonError } from "./tonError.js";

/** Of what a method left, as cells: one that leaves a large cell many times costs it little. */
const ANSWER_BYTES_MAX = 1024 * 1024;
/** Also inside of tuples: one that holds the same tuple twice, and so on, holds more than anybody could ever write. */
const ANSWER_ITEMS_MAX = 16_384;

/** What a get-method left, as clients read it. */
export function stackJson(boc: Uint8Array): unknown[] {
  if (boc.length > ANSWER_BYTES_MAX) throw tooLarge();
  if (!isReadableBag(boc, MADE_BAG)) throw new TonError(422, `the method left more than ${MADE_BAG.depthMax} levels`);
  try {
    const stack = new StackReader(new BocView(boc));
    return stack.items().map((item) => stack.itemJson(item));
  } catch (error) {
    if (error instanceof ShortCellError) throw new TonError(422, "the method left what has no form here");
    throw error;
  }
}

function tooLarge(): TonError {
  return new TonError(422, `the method left more than ${ANSWER_BYTES_MAX} bytes or ${ANSWER_ITEMS_MAX} items`);
}

type StackItem =
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "nan" }
  | { readonly type: "null" }
  | { readonly type: "cell" | "slice" | "builder"; readonly cell: number | CellPart }
  | { readonly type: "tuple"; readonly items: readonly StackItem[] };

/** Reads items where they lie, and writes their cells out, until they are too many. */
class StackReader {
  #bytesLeft = ANSWER_BYTES_MAX;
  #itemsLeft = ANSWER_ITEMS_MAX;

  constructor(private readonly bag: BocView) {}

  /** A cell for each item but the first of them all, which lies deepest. */
  items(): StackItem[] {
    const found: StackItem[] = [];
    let slice = this.bag.slice(this.bag.root);
    for (let left = slice.uint(24); left > 0; left--) {
      const below = slice.ref();
      found.push(this.#item(slice));
      slice = this.bag.slice(below);
    }
    return found.reverse();
  }

  #item(slice: CellSlice): StackItem {
    this.#itemsLeft -= 1;
    if (this.#itemsLeft < 0) throw tooLarge();
    const kind = slice.uint(8);
    switch (kind) {
      case 0:
        return { type: "null" };
      case 1:
        return { type: "int", value: BigInt.asIntN(64, slice.big(64)) };
      case 2:
        return slice.uint(7) === 0 ? { type: "int", value: BigInt.asIntN(257, slice.big(257)) } : { type: "nan" };
      case 3:
        return { type: "cell", cell: slice.ref() };
      case 4:
        return { type: "slice", cell: this.#slicePart(slice) };
      case 5:
        return { type: "builder", cell: slice.ref() };
      case 7:
        return { type: "tuple", items: this.#elements(slice, slice.uint(16)) };
      default:
        throw new TonError(422, "the method left a continuation, which has no form here");
    }
  }

  /** Where in its cell a slice begins and ends, bits and refs. */
  #slicePart(slice: CellSlice): CellPart {
    const [firstBit, endBit] = [slice.uint(10), slice.uint(10)];
    const [firstRef, endRef] = [slice.uint(3), slice.uint(3)];
    const cell = this.bag.slice(slice.ref());
    cell.skip(firstBit);
    for (let i = 0; i < firstRef; i++) cell.ref();
    return this.bag.rest(cell, { bits: endBit - firstBit, refs: endRef - firstRef });
  }

  /** The last element has a cell of its own beside a cell with all others, and so on; the first two are alone. */
  #elements(slice: CellSlice, count: number): StackItem[] {
    if (count === 0) return [];
    const found: StackItem[] = [];
    let [head, left] = [slice, count];
    for (; left > 1; left--) {
      const next = this.bag.slice(head.ref());
      found.push(this.#item(this.bag.slice(head.ref())));
      head = next;
    }
    found.push(count === 1 ? this.#item(this.bag.slice(head.ref())) : this.#item(head));
    return found.reverse();
  }

  #text(cell: number | CellPart): string {
    const boc = writeBag(this.bag, cell);
    this.#bytesLeft -= boc.length;
    if (this.#bytesLeft < 0) throw tooLarge();
    return base64(boc);
  }

  itemJson(item: StackItem): unknown {
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
        return [item.type, { bytes: this.#text(item.cell) }];
      case "tuple":
        return ["tuple", this.#tupleJson(item.items)];
    }
  }

  #tupleJson(items: readonly StackItem[]): unknown {
    return { "@type": "tvm.tuple", elements: items.map((item) => this.#elementJson(item)) };
  }

  /** Inside of tuples each element is an object that names its type. */
  #elementJson(item: StackItem): unknown {
    switch (item.type) {
      case "int":
        return {
          "@type": "tvm.stackEntryNumber",
          number: { "@type": "tvm.numberDecimal", number: String(item.value) },
        };
      case "cell":
      case "builder":
        return { "@type": "tvm.stackEntryCell", cell: { "@type": "tvm.cell", bytes: this.#text(item.cell) } };
      case "slice":
        return { "@type": "tvm.stackEntrySlice", slice: { "@type": "tvm.slice", bytes: this.#text(item.cell) } };
      case "tuple":
        return { "@type": "tvm.stackEntryTuple", tuple: this.#tupleJson(item.items) };
      case "null":
      case "nan":
        return { "@type": "tvm.stackEntryList", list: { "@type": "tvm.list", elements: [] } };
    }
  }
}
