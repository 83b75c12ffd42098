import type { BlockStage } from "@sealwright/api";
import { type BlockId, DEFAULT_THREAD_ID, height, type KeeperId, term, unixMs, type UnixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { TracedBlock } from "./blockTrace.js";
import { type DelayMeasure, delayOf, type ParentTime } from "./delayOf.js";

const TICK_MS = 330;
const MADE_MS = 1_000_000;
const measure: DelayMeasure = { tickMs: TICK_MS, sinceMs: unixMs(0) };
/** The node was started again this long after the block was begun. */
const startedAfter = (ms: number): DelayMeasure => ({ tickMs: TICK_MS, sinceMs: unixMs(MADE_MS + ms) });

interface Told extends Partial<Record<BlockStage, number>> {
  readonly madeMs?: number;
  readonly term?: number;
  readonly held?: TracedBlock["held"];
  readonly signerFailed?: boolean;
}

/** Times are after the block was begun. */
function traced({ madeMs = MADE_MS, term: t = 0, held = null, signerFailed = false, ...times }: Told): TracedBlock {
  const entries = Object.entries(times) as [BlockStage, number][];
  return {
    block: { threadId: DEFAULT_THREAD_ID, height: height(5), term: term(t), blockId: "a".repeat(64) as BlockId },
    parentId: "b".repeat(64) as BlockId,
    producer: "c".repeat(64) as KeeperId,
    timeMs: unixMs(madeMs),
    times: new Map<BlockStage, UnixMs>(entries.map(([stage, afterMs]) => [stage, unixMs(madeMs + afterMs)])),
    votes: new Map(),
    held,
    signerFailed,
  };
}

const parent: ParentTime = { height: height(4), term: term(0), timeMs: unixMs(MADE_MS - TICK_MS) };
const longBefore: ParentTime = { ...parent, timeMs: unixMs(MADE_MS - 1_272) };
const own = { buildStarted: 0, built: 5, sealed: 10, recorded: 20, signed: 30, sent: 31, applied: 32 };
const good = { ...own, certified: 60, prefinal: 400, final: 460 };

describe("delayOf", () => {
  it("finds nothing in a block that took its time, made here or elsewhere, done or under way", () => {
    expect(delayOf(traced(good), parent, measure)).toBeNull();
    expect(
      delayOf(traced({ received: 40, applied: 50, certified: 70, prefinal: 400, final: 460 }), parent, measure),
    ).toBeNull();
    expect(delayOf(traced(own), parent, measure)).toBeNull();
  });

  it.each<[string, Told, number]>([
    ["producerLate", { ...good, madeMs: MADE_MS + 1_000 }, 1_000 - TICK_MS],
    ["producerReplaced", { ...good, madeMs: MADE_MS + 1_000, term: 1 }, 1_000 - TICK_MS],
    ["buildSlow", { ...own, built: 600, sealed: 605, recorded: 610, signed: 611, sent: 612 }, 600 - TICK_MS],
    ["producerLate", { ...own, sealed: 1_005, recorded: 1_010, signed: 1_011, sent: 1_012 }, 1_000 - 495],
    [
      "heldForMajority",
      { ...own, held: "majorityMissing", sealed: 1_005, recorded: 1_010, signed: 1_011 },
      1_000 - 495,
    ],
    ["heldForQuorum", { ...own, held: "quorumMissing", sealed: 1_005, recorded: 1_010, signed: 1_011 }, 1_000 - 495],
    ["diskSlow", { ...own, recorded: 310, signed: 320, sent: 321, applied: 322 }, 300 - 165],
    ["signerSlow", { ...own, signed: 320, sent: 321, applied: 322 }, 300 - 165],
    ["signerFailed", { ...own, signed: 320, sent: 321, applied: 322, signerFailed: true }, 300 - 165],
    ["propagationSlow", { received: 1_200, applied: 1_210 }, 1_200 - 990],
    ["executionSlow", { received: 40, applied: 440 }, 400 - TICK_MS],
    ["attestationsLate", { ...own, certified: 431 }, 400 - TICK_MS],
    ["carriedLate", { ...own, certified: 60, prefinal: 860 }, 800 - 660],
    ["secondQuorumLate", { ...own, certified: 60, prefinal: 400, final: 1_100 }, 700 - 660],
  ])("says %s", (reason, told, lateMs) => {
    expect(delayOf(traced(told), parent, measure)).toEqual({ reason, lateMs });
  });

  it("names the step that was late most when several were", () => {
    const told = { ...own, certified: 531, prefinal: 5_000 };
    expect(delayOf(traced(told), parent, measure)?.reason).toBe("carriedLate");
  });

  describe("blames nobody for what this keeper was not there to see:", () => {
    const noRecord = { reason: "noRecord", lateMs: 0 };

    it("the block was old when it met it, or it noted nothing of it", () => {
      expect(delayOf(traced({ received: 60_000, applied: 60_900 }), null, measure)).toEqual(noRecord);
      expect(delayOf(traced({}), parent, measure)).toEqual(noRecord);
    });

    it.each<[string, Told]>([
      ["between its own block and the quorum", { sent: 1, certified: 207_721, prefinal: 207_722, final: 209_889 }],
      ["between attestation and quorum", { received: 40, applied: 50, attested: 60, certified: 207_000 }],
      ["between the two quorums", { received: 40, applied: 50, certified: 70, prefinal: 400, final: 60_000 }],
      ["when it was made", { received: 1_900, applied: 1_950, certified: 1_960, prefinal: 2_000 }],
      ["for a moment only", { received: 40, applied: 50, attested: 60, certified: 1_700, prefinal: 1_800 }],
    ])("it was stopped %s", (_when, told) => {
      expect(delayOf(traced(told), parent, startedAfter(1_500))).toEqual(noRecord);
    });

    it("it was stopped in an earlier run, of which the gap is left", () => {
      const told = { sent: 1, applied: 2, certified: 207_721, prefinal: 208_000, final: 208_300 };
      expect(delayOf(traced(told), parent, startedAfter(900_000))).toEqual(noRecord);
    });

    it("but says what the chain itself says: its producer had to be replaced", () => {
      const late = { reason: "producerReplaced", lateMs: 612 };
      expect(delayOf(traced({ term: 1 }), longBefore, measure)).toEqual(late);
      expect(delayOf(traced({ term: 1, received: 207_754, applied: 208_597 }), longBefore, measure)).toEqual(late);
    });
  });

  it("blames the attestations for a long wait that this keeper was awake for", () => {
    const told = { ...own, certified: 20_031, prefinal: 20_100, final: 20_200 };
    expect(delayOf(traced(told), parent, measure)).toEqual({ reason: "attestationsLate", lateMs: 20_000 - TICK_MS });
  });

  it("still says that a producer was late when the store kept of its own steps the last one only", () => {
    const told = { sent: 2_155, applied: 2_160, certified: 2_200, prefinal: 2_500, final: 2_600 };
    expect(delayOf(traced(told), parent, startedAfter(9_000))).toEqual({ reason: "producerLate", lateMs: 1_000 });
  });

  it("does not measure the first block from the time of the genesis document", () => {
    const genesis: ParentTime = { height: height(0), term: term(0), timeMs: unixMs(0) };
    expect(delayOf(traced(good), genesis, measure)).toBeNull();
  });

  it.each(["abandoned", "invalid"] as const)("says %s before anything else", (end) => {
    expect(delayOf(traced({ ...good, [end]: 9_000 }), parent, measure)).toEqual({ reason: end, lateMs: 0 });
  });
});
