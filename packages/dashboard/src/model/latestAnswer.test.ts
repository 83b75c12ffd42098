import { describe, expect, it } from "vitest";
import { LatestAnswer } from "./latestAnswer.js";

describe("LatestAnswer", () => {
  it("takes the answer to the last question alone, though an earlier one comes later", async () => {
    const shown: string[] = [];
    const take = { value: (value: string) => shown.push(value), error: (error: unknown) => shown.push(String(error)) };
    const answers = new LatestAnswer<string>();
    let answerFirst = (_text: string): void => undefined;
    answers.ask(new Promise((resolve) => (answerFirst = resolve)), take);
    let failSecond = (_error: string): void => undefined;
    answers.ask(new Promise((_, reject) => (failSecond = reject)), take);
    answers.ask(Promise.resolve("third"), take);
    await Promise.resolve();
    answerFirst("first");
    failSecond("second");
    await new Promise((turn) => setImmediate(turn));
    expect(shown).toEqual(["third"]);
    answers.ask(Promise.reject(new Error("gone")), take);
    await new Promise((turn) => setImmediate(turn));
    expect(shown).toEqual(["third", "Error: gone"]);
  });
});
