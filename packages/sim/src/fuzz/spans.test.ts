import { describe, expect, it } from "vitest";
import { intersectSpans, unreachedSpans } from "./spans.js";

const range = (startOffset: number, endOffset: number, count: number) => ({ startOffset, endOffset, count });

describe("spans of a function that never ran", () => {
  it("are what lies in a piece without a count, and not in a counted one inside of it", () => {
    expect(unreachedSpans([range(0, 100, 3)])).toEqual([]);
    expect(unreachedSpans([range(0, 100, 3), range(10, 50, 0), range(20, 30, 1), range(60, 70, 2)])).toEqual([
      { from: 10, to: 20 },
      { from: 30, to: 50 },
    ]);
  });

  it("do not depend on how often the others ran", () => {
    const once = unreachedSpans([range(0, 100, 1), range(40, 60, 0)]);
    const often = unreachedSpans([range(0, 100, 9), range(10, 30, 4), range(40, 50, 0), range(50, 60, 0)]);
    expect(often).toEqual(once);
  });

  it("have in common what no run reached", () => {
    const a = [
      { from: 0, to: 10 },
      { from: 20, to: 30 },
    ];
    expect(intersectSpans(a, [{ from: 5, to: 25 }])).toEqual([
      { from: 5, to: 10 },
      { from: 20, to: 25 },
    ]);
    expect(intersectSpans(a, [])).toEqual([]);
    expect(intersectSpans(a, a)).toEqual(a);
  });
});
