import { describe, expect, it } from "vitest";
import { MessageLine } from "./messageLine.js";

function lineOf(length: number): MessageLine {
  const line = new MessageLine();
  for (let i = 0; i < length; i++) line.join();
  return line;
}

function settle(line: MessageLine, count: number, atMs: number): void {
  for (let i = 0; i < count; i++) line.settle(atMs);
}

describe("[M3] a line of waiting messages", () => {
  it("makes nobody wait while it is short, however slowly it moves", () => {
    const line = lineOf(499);
    expect(line.waitMs(0, 0)).toBe(0);
    expect(line.waitMs(60_000, 0)).toBe(0);
  });

  it("is not called long before it was seen long for two seconds: a burst may fill it at once", () => {
    const line = lineOf(5_000);
    expect(line.waitMs(10_000, 0)).toBe(0);
    expect(line.waitMs(11_999, 0)).toBe(0);
    expect(line.waitMs(12_000, 0)).toBe(Infinity);
  });

  it("moves as fast as in its best second of the last half minute, and whoever comes later in a request waits longer", () => {
    const line = lineOf(5_000);
    line.waitMs(0, 0);
    settle(line, 100, 1_500);
    settle(line, 500, 2_100);
    settle(line, 400, 3_000);
    expect(line.waitMs(4_000, 0)).toBe(8_000);
    expect(line.waitMs(4_000, 1_000)).toBe(10_000);
    expect(line.waitMs(31_999, 0), "the second from 2,000 ms on still counts").toBe(8_000);
    expect(line.waitMs(32_000, 0), "now that from 3,000 ms on is the best").toBe(10_000);
    expect(line.waitMs(33_000, 0)).toBe(Infinity);
  });

  it("is short again when enough have left it, with or without a block", () => {
    const line = lineOf(501);
    line.waitMs(0, 0);
    expect(line.waitMs(5_000, 0)).toBe(Infinity);
    line.settle(5_000);
    line.leave();
    expect(line.waitMs(5_100, 0)).toBe(0);
    line.join();
    expect(line.waitMs(5_200, 0), "the two seconds begin anew").toBe(0);
    expect(line.waitMs(7_200, 0)).toBe(500_000);
  });
});
