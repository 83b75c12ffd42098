import { describe, expect, it } from "vitest";
import { parseDuration } from "./parseOption.js";

const TIMER_MS_MAX = 2 ** 31 - 1;

describe("parseDuration", () => {
  it.each([
    ["20s", 20_000],
    ["1500ms", 1_500],
    ["2m", 120_000],
    ["0.5h", 1_800_000],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it("takes nothing that a timer would not wait for", () => {
    expect(parseDuration("576h")).toBeLessThanOrEqual(TIMER_MS_MAX);
    expect(() => parseDuration("577h")).toThrow("at most 576h");
    expect(() => parseDuration("0s")).toThrow("more than nothing");
  });
});
