import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { SharedProbe } from "./sharedProbe.js";

/** A question whose answers the test gives. */
function openProbe() {
  const clock = new ManualClock();
  const answers: ((answer: string) => void)[] = [];
  const ask = (): Promise<string> => new Promise((resolve) => answers.push(resolve));
  const probe = new SharedProbe({ waitMsMax: 100, late: "late" }, { clock, ask });
  return { clock, answers, probe };
}

describe("SharedProbe", () => {
  it("asks once for all who want to know meanwhile, and anew afterwards", async () => {
    const { probe, answers } = openProbe();
    const first = [probe.answer(), probe.answer()];
    expect(answers).toHaveLength(1);
    answers[0]?.("a");
    expect(await Promise.all(first)).toEqual(["a", "a"]);
    const second = probe.answer();
    expect(answers).toHaveLength(2);
    answers[1]?.("b");
    expect(await second).toBe("b");
  });

  it("lets nobody wait longer than the limit, and does not ask again what hangs", async () => {
    const { clock, probe, answers } = openProbe();
    const first = probe.answer();
    clock.advance(60);
    const second = probe.answer();
    clock.advance(60);
    expect(await first).toBe("late");
    clock.advance(60);
    expect(await second).toBe("late");
    expect(answers).toHaveLength(1);
    const third = probe.answer();
    answers[0]?.("at last");
    expect(await third).toBe("at last");
  });
});
