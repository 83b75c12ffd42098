import { describe, expect, it } from "vitest";
import { nodeEndText } from "./nodeEndText.js";

describe("a keeper of a devnet that ended", () => {
  it("by itself is told with what it said last", () => {
    const exit = { code: 3, signal: null, isWanted: false };
    const text = nodeEndText({ type: "nodeEnded", index: 1, exit, lastWords: "the disk is full" });
    expect(text).toBe("keeper 1 ended by itself (code 3): the disk is full");
  });

  it("by a signal is told without, for what it said last is not why", () => {
    const exit = { code: null, signal: "SIGKILL", isWanted: false } as const;
    const text = nodeEndText({ type: "nodeEnded", index: 2, exit, lastWords: '{"code":"producer.stopped"}' });
    expect(text).toBe("keeper 2 was ended by SIGKILL; the others go on");
  });
});
