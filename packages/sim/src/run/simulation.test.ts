import { describe, expect, it } from "vitest";
import { FAULT_NAMES } from "../faults/fault.js";
import { LIAR_NAMES } from "../liars/liarKinds.js";
import { drawPlan, type SimPlan } from "./plan.js";
import { type SimOutcome, Simulation } from "./simulation.js";

const ALL = [...FAULT_NAMES, ...LIAR_NAMES];

function planOf(seed: number, change: Partial<SimPlan> = {}): SimPlan {
  return { ...drawPlan({ seed, keepers: { min: 4, max: 4 }, faults: ALL, troubleMs: 2_000 }), ...change };
}

async function outcomeOf(plan: SimPlan): Promise<SimOutcome> {
  return new Simulation({ plan }).run();
}

describe("a simulation", () => {
  it("gives every thread final blocks and every message its last word when nothing fails", async () => {
    const outcome = await outcomeOf(planOf(1, { faults: [], liars: [] }));
    expect(outcome.violation).toBeNull();
    expect(outcome.finalizedBlocks).toBeGreaterThan(8);
  });

  it("replays a seed to the same bytes of trace", async () => {
    const [first, second] = [await outcomeOf(planOf(3)), await outcomeOf(planOf(3))];
    expect(second.traceDigest).toBe(first.traceDigest);
    expect(second.steps).toBe(first.steps);
  });

  it("does not give two seeds the same trace", async () => {
    const [first, second] = [await outcomeOf(planOf(3)), await outcomeOf(planOf(4))];
    expect(second.traceDigest).not.toBe(first.traceDigest);
  });

  it("keeps every invariant with real BLS signatures too", async () => {
    const outcome = await outcomeOf(planOf(5, { realBls: true, liars: [] }));
    expect(outcome.violation).toBeNull();
  });

  it("tells of a violation with its invariant and the events before it", async () => {
    const simulation = new Simulation({ plan: planOf(1, { faults: [], liars: [] }) });
    simulation.time.at(
      500,
      () =>
        (simulation.witness.finality.noteFinal = () => {
          throw new Error("planted");
        }),
    );
    const { violation } = await simulation.run();
    expect(violation?.invariant).toBe("I12");
    expect(violation?.text).toContain("planted");
    expect(violation?.story.length).toBeGreaterThan(10);
  });
});
