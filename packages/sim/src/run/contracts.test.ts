import { describe, expect, it } from "vitest";
import { FAULT_NAMES } from "../faults/fault.js";
import { LIAR_NAMES } from "../liars/liarKinds.js";
import { drawPlan, type SimPlan } from "./plan.js";
import { Simulation } from "./simulation.js";

const ALL = [...FAULT_NAMES, ...LIAR_NAMES];

function planOf(seed: number, change: Partial<SimPlan> = {}): SimPlan {
  const drawn = drawPlan({ seed, keepers: { min: 4, max: 4 }, faults: ALL, troubleMs: 2_000, executor: "tvm" });
  return { ...drawn, ...change };
}

describe("a simulated network of contracts", () => {
  it("[I10] keeps every coin while wallets pay each other across threads, and payments to nobody come back", async () => {
    const simulation = new Simulation({ plan: planOf(1, { faults: [], liars: [], messageEveryMs: 60 }) });
    const outcome = await simulation.run();
    expect(outcome.violation?.text).toBeUndefined();
    const { value, messages, finality } = simulation.witness;
    expect(value!.seen.crossed).toBeGreaterThan(10);
    expect(value!.seen.bounced).toBeGreaterThan(3);
    const codes = simulation.genesis.table
      .flatMap(({ threadId }) => finality.finals(threadId))
      .flatMap(({ body }) => body.receipts.map(({ messageHash }) => messages.codeOf(messageHash)));
    expect(new Set(codes)).toContain(0);
  });

  it.each([2, 3, 4])("[I1-I14] keeps every invariant under faults and liars (seed %i)", async (seed) => {
    const { violation } = await new Simulation({ plan: planOf(seed) }).run();
    expect(violation?.text).toBeUndefined();
  });

  it("replays a seed to the same bytes of trace", async () => {
    const run = () => new Simulation({ plan: planOf(5, { troubleMs: 1_000 }) }).run();
    const [first, second] = [await run(), await run()];
    expect(second.traceDigest).toBe(first.traceDigest);
  });

  it("[I10] finds a single coin that a block makes out of nothing", async () => {
    const simulation = new Simulation({ plan: planOf(1, { faults: [], liars: [], messageEveryMs: 60 }) });
    simulation.time.at(500, () => {
      const { value } = simulation.witness;
      const noteFinal = value!.noteFinal.bind(value);
      value!.noteFinal = (block) => {
        const [first, ...others] = block.body.outbound;
        noteFinal(first === undefined ? block : { ...block, body: { ...block.body, outbound: others } });
      };
    });
    expect((await simulation.run()).violation).toMatchObject({ invariant: "I10" });
  });
});
