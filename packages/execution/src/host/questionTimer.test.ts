import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { QUESTION_TIME_MAX_MS, QuestionStop } from "./questionStop.js";
import { QuestionTimer } from "./questionTimer.js";

describe("a question's time", () => {
  const clock = new ManualClock();

  function question(job: number): { timer: QuestionTimer; isOver: () => boolean } {
    const stop = new QuestionStop();
    const timer = new QuestionTimer({ stop, clock });
    timer.begins(job);
    // The worker's side of the same memory.
    return { timer, isOver: new QuestionStop(stop.memory).isOver(job) };
  }

  it("is over when it is used up, and not before", () => {
    const { isOver } = question(7);
    clock.advance(QUESTION_TIME_MAX_MS - 1);
    expect(isOver()).toBe(false);
    clock.advance(1);
    expect(isOver()).toBe(true);
  });

  it("does not run on after its answer, nor for the next question", () => {
    const stop = new QuestionStop();
    const timer = new QuestionTimer({ stop, clock });
    timer.begins(7);
    clock.advance(QUESTION_TIME_MAX_MS - 1);
    timer.ends();
    timer.begins(8);
    clock.advance(QUESTION_TIME_MAX_MS - 1);
    expect([7, 8].map((job) => stop.isOver(job)())).toEqual([false, false]);
  });

  it("knows jobs whose numbers have outgrown 32 bits", () => {
    const { isOver } = question(2 ** 32 + 5);
    expect(isOver()).toBe(false);
    clock.advance(QUESTION_TIME_MAX_MS);
    expect(isOver()).toBe(true);
  });
});
