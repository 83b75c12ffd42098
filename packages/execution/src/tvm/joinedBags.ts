import { assert } from "@sealwright/types";
import type { BocView } from "./bocView.js";
import type { CellPart, CellSource } from "./cellPart.js";

/** The cells of several bags under one count, for a cell that refers to cells of each. */
export class JoinedBags implements CellSource {
  readonly #bags: readonly BocView[];
  /** Number of each bag's first cell. */
  readonly #firsts: readonly number[];

  constructor(bags: readonly BocView[]) {
    this.#bags = bags;
    let next = 0;
    this.#firsts = bags.map(({ cellCount }) => (next += cellCount) - cellCount);
  }

  root(bag: BocView): number {
    return this.#firsts[this.#bags.indexOf(bag)]! + bag.root;
  }

  /** @param part read from that bag */
  partOf(bag: BocView, { raw, refs }: CellPart): CellPart {
    const first = this.#firsts[this.#bags.indexOf(bag)]!;
    return { raw, refs: refs.map((ref) => ref + first) };
  }

  part(cell: number): CellPart {
    const at = this.#firsts.findLastIndex((first) => first <= cell);
    const bag = this.#bags[at];
    assert(bag !== undefined, "the cell is one of these bags");
    return this.partOf(bag, bag.part(cell - this.#firsts[at]!));
  }

  refs(cell: number): readonly number[] {
    return this.part(cell).refs;
  }
}
