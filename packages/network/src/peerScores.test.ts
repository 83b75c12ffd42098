import type { KeeperId } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { DEFAULT_SCORE_LIMITS, PeerScores, type ScoreLimits } from "./peerScores.js";

const PEER = "1".repeat(64) as KeeperId;
const OTHER = "2".repeat(64) as KeeperId;

function open(limits: Partial<ScoreLimits> = {}) {
  const clock = new ManualClock();
  return { clock, scores: new PeerScores({ ...DEFAULT_SCORE_LIMITS, ...limits }, clock) };
}

describe("peer scores", () => {
  it("[N6] everyone starts with a full score, and one peer's penalty is not another's", () => {
    const { scores } = open();
    scores.penalize(PEER, "serious");
    expect([scores.score(PEER), scores.score(OTHER)]).toEqual([75, 100]);
  });

  it("[N6] half of what is missing comes back per half-life, and all of it in the end", () => {
    const { clock, scores } = open({ recoveryHalfLifeMs: 1_000 });
    scores.penalize(PEER, "serious");
    scores.penalize(PEER, "serious");
    clock.advance(1_000);
    expect(scores.score(PEER)).toBe(75);
    clock.advance(20_000);
    expect(scores.score(PEER)).toBe(100);
  });

  it("[N6] a peer that errs rarely is never banned, one that errs often is", () => {
    const { clock, scores } = open();
    for (let n = 0; n < 100; n += 1) {
      expect(scores.penalize(PEER, "serious")).toBe("kept");
      clock.advance(120_000);
    }
    const outcomes = Array.from({ length: 5 }, () => scores.penalize(OTHER, "serious"));
    expect(outcomes.filter((outcome) => outcome === "banned").length).toBe(1);
    expect(scores.isBanned(OTHER)).toBe(true);
  });

  it("[N6] bans grow up to a maximum, and shrink again after long good behaviour", () => {
    const { clock, scores } = open({ banMs: 1_000, banMsMax: 5_000, banMemoryMs: 60_000 });
    const lengths: number[] = [];
    const banOnce = (): void => {
      expect(scores.penalize(PEER, "ban")).toBe("banned");
      lengths.push(scores.banLeftMs(PEER));
      clock.advance(scores.banLeftMs(PEER));
      expect(scores.isBanned(PEER)).toBe(false);
    };
    for (let n = 0; n < 5; n += 1) banOnce();
    clock.advance(60_001);
    banOnce();
    expect(lengths).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 1_000]);
  });

  it("[N6] a penalty during a ban does not prolong it: what was under way is not a new offence", () => {
    const { clock, scores } = open({ banMs: 1_000 });
    scores.penalize(PEER, "ban");
    clock.advance(600);
    expect(scores.penalize(PEER, "ban")).toBe("kept");
    expect(scores.banLeftMs(PEER)).toBe(400);
  });

  it("[N6] after a ban a peer is on probation: half a score", () => {
    const { clock, scores } = open({ banMs: 1_000 });
    scores.penalize(PEER, "ban");
    clock.advance(1_000);
    expect(scores.score(PEER)).toBe(50);
    scores.penalize(PEER, "serious");
    expect(scores.penalize(PEER, "serious")).toBe("banned");
  });
});
