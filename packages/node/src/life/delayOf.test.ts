import type { BlockStage } from "@sealwright/api";
import { type BlockId, DEFAULT_THREAD_ID, height, type KeeperId, term, unixMs, type UnixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { TracedBlock } from "./blockTrace.js";
import { delayOf } from "./delayOf.js";

const TICK_MS = 330;
const MADE_MS = 10_000;

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
    carriedBy: null,
    held,
    signerFailed,
  };
}

const parent = traced({ madeMs: MADE_MS - TICK_MS });
const own = { buildStarted: 0, built: 5, sealed: 10, recorded: 20, signed: 30, sent: 31, applied: 32 };
const good = { ...own, certified: 60, prefinal: 400, final: 460 };

describe("delayOf", () => {
  it("finds nothing in a block that took its time, made here or elsewhere, done or under way", () => {
    expect(delayOf(traced(good), parent, TICK_MS)).toBeNull();
    expect(
      delayOf(traced({ received: 40, applied: 50, certified: 70, prefinal: 400, final: 460 }), parent, TICK_MS),
    ).toBeNull();
    expect(delayOf(traced(own), parent, TICK_MS)).toBeNull();
    expect(delayOf(traced({}), null, TICK_MS)).toBeNull();
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
    expect(delayOf(traced(told), parent, TICK_MS)).toEqual({ reason, lateMs });
  });

  it("names the step that was late most when several were", () => {
    const told = { ...own, certified: 531, prefinal: 5_000 };
    expect(delayOf(traced(told), parent, TICK_MS)?.reason).toBe("carriedLate");
  });

  it("blames nobody for a block that was made while this keeper was away", () => {
    expect(delayOf(traced({ received: 60_000, applied: 60_900 }), null, TICK_MS)).toEqual({
      reason: "noRecord",
      lateMs: 0,
    });
  });

  it.each(["abandoned", "invalid"] as const)("says %s before anything else", (end) => {
    expect(delayOf(traced({ ...good, [end]: 9_000 }), parent, TICK_MS)).toEqual({ reason: end, lateMs: 0 });
  });
});
