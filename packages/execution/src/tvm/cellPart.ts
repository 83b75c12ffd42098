/** What a cell holds: a whole cell of a bag, or what a reader left of one, which may stand as a cell of its own. */
export interface CellPart {
  /** Two descriptors and the data, as a bag has them. */
  readonly raw: Uint8Array;
  readonly refs: readonly number[];
}

/** Cells by their number; what lies below a cell has larger ones. */
export interface CellSource {
  part(cell: number): CellPart;
  refs(cell: number): readonly number[];
}

/** @returns the cells and all below them, ascending and each once; none that is left out, nor what lies only below such */
export function cellsBelow(
  source: CellSource,
  cells: readonly number[],
  isLeftOut: (cell: number) => boolean = () => false,
): number[] {
  const found = new Set<number>();
  const open = [...cells];
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    if (found.has(cell) || isLeftOut(cell)) continue;
    found.add(cell);
    open.push(...source.refs(cell));
  }
  return [...found].sort((a, b) => a - b);
}

/**
 * The last byte of data that is no whole byte ends in a one and zeros.
 * @param raw two descriptors and the data, from `start` on
 */
export function dataBitsOf(raw: Uint8Array, start = 0): number {
  const d2 = raw[start + 1]!;
  if (d2 % 2 === 0) return d2 * 4;
  const bytes = (d2 + 1) >> 1;
  const last = raw[start + 1 + bytes]!;
  return bytes * 8 - 1 - Math.log2(last & -last);
}
