import { describe, expect, it } from "vitest";
import { MessageLine } from "./messageLine.js";

function lineOf(length: number, atMs = 0): MessageLine {
  const line = new MessageLine();
  for (let i = 0; i < length; i++) line.join(atMs);
  return line;
}

/** Of who joins behind `ahead` others of the same request. */
const waitMs = (line: MessageLine, nowMs: number, ahead = 0): number =>
  (line.length + ahead) * line.msPerMessage(nowMs);

function settle(line: MessageLine, count: number, atMs: number): void {
  for (let i = 0; i < count; i++) line.settle(atMs);
}

describe("[M3] a line of waiting messages", () => {
  it("makes nobody wait while it is short, however slowly it moves", () => {
    const line = lineOf(499);
    expect(waitMs(line, 0)).toBe(0);
    expect(waitMs(line, 60_000)).toBe(0);
  });

  it("is not called long before it was long for two seconds: a burst may fill it at once", () => {
    const line = lineOf(5_000, 10_000);
    expect(waitMs(line, 10_000)).toBe(0);
    expect(waitMs(line, 11_999)).toBe(0);
    expect(waitMs(line, 12_000)).toBe(Infinity);
  });

  it("moves as fast as in its best second of the last half minute, and whoever comes later in a request waits longer", () => {
    const line = lineOf(5_000);
    settle(line, 100, 1_500);
    settle(line, 500, 2_100);
    settle(line, 400, 3_000);
    expect(waitMs(line, 4_000)).toBe(8_000);
    expect(waitMs(line, 4_000, 1_000)).toBe(10_000);
    expect(waitMs(line, 31_999), "the second from 2,000 ms on still counts").toBe(8_000);
    expect(waitMs(line, 32_000), "now that from 3,000 ms on is the best").toBe(10_000);
    expect(waitMs(line, 33_000)).toBe(Infinity);
  });

  it("is short again when enough have left it, with or without a block", () => {
    const line = lineOf(501);
    expect(waitMs(line, 5_000)).toBe(Infinity);
    line.settle(5_000);
    line.leave();
    expect(waitMs(line, 5_100)).toBe(0);
    line.join(5_200);
    expect(waitMs(line, 5_200), "the two seconds begin anew").toBe(0);
    expect(waitMs(line, 7_200)).toBe(500_000);
  });
});
