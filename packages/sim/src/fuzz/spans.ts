/** A piece of a text, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A piece of a function with how often it ran; pieces lie inside each other, the outer one first. */
export interface CountedRange {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/**
 * The pieces that never ran, ascending. How often the others ran decides only where V8 draws their borders, so two runs
 * through the same code give the same answer.
 */
export function unreachedSpans(ranges: readonly CountedRange[]): readonly Span[] {
  const spans: Span[] = [];
  const open: CountedRange[] = [];
  let at = 0;
  const advance = (to: number): void => {
    const innermost = open.at(-1);
    if (innermost !== undefined && to > at && innermost.count === 0) append(spans, { from: at, to });
    at = Math.max(at, to);
  };
  const closeUpTo = (offset: number): void => {
    for (let last = open.at(-1); last !== undefined && last.endOffset <= offset; last = open.at(-1)) {
      advance(last.endOffset);
      open.pop();
    }
  };
  for (const range of ranges) {
    closeUpTo(range.startOffset);
    advance(range.startOffset);
    open.push(range);
  }
  closeUpTo(Infinity);
  return spans;
}

/** What lies in both; each ascending and without overlaps. */
export function intersectSpans(a: readonly Span[], b: readonly Span[]): readonly Span[] {
  const both: Span[] = [];
  for (let [i, k] = [0, 0]; i < a.length && k < b.length;) {
    const from = Math.max(a[i]!.from, b[k]!.from);
    const to = Math.min(a[i]!.to, b[k]!.to);
    if (from < to) both.push({ from, to });
    if (a[i]!.to < b[k]!.to) i += 1;
    else k += 1;
  }
  return both;
}

function append(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last?.to === span.from) spans[spans.length - 1] = { from: last.from, to: span.to };
  else spans.push(span);
}
