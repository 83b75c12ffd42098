import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { WorkPace } from "./workPace.js";

/** Everything here runs in promises alone. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function startRest(pace: () => Promise<void>): { isOver: boolean } {
  const seen = { isOver: false };
  void pace().then(() => (seen.isOver = true));
  return seen;
}

describe("work that nobody waits for", () => {
  it("rests after each piece in proportion to what the piece took", async () => {
    const clock = new ManualClock();
    const rest = new WorkPace(9, { clock }).begin();
    for (const tookMs of [4, 0.5]) {
      clock.advance(tookMs);
      const resting = startRest(rest);
      clock.advance(9 * tookMs - 0.25);
      await settle();
      expect(resting.isOver).toBe(false);
      clock.advance(0.25);
      await settle();
      expect(resting.isOver).toBe(true);
    }
  });

  it("rests no more when it is hurried, also from a rest that has begun", async () => {
    const clock = new ManualClock();
    const pace = new WorkPace(9, { clock });
    const [one, other] = [pace.begin(), pace.begin()];
    clock.advance(100);
    const resting = [startRest(one), startRest(other)];
    pace.hurry();
    await settle();
    expect(resting.map(({ isOver }) => isOver)).toEqual([true, true]);
    clock.advance(100);
    await one();
  });
});
