import type { ClientEvent, EventsOptions, SealwrightClient } from "@sealwright/api";
import { DEFAULT_THREAD_ID } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { Checks } from "./checks.js";
import { FinalityMonitor } from "./finalityMonitor.js";

type Told = readonly ["final" | "abandoned", height: number, id: string] | "gap";

/** A node that tells these events and then ends its stream. */
function nodeTelling(...told: Told[]): SealwrightClient {
  async function* events({ onOpen }: EventsOptions): AsyncGenerator<ClientEvent> {
    onOpen?.();
    for (const one of told) {
      if (one === "gap") yield { type: "gap", cursor: "", gap: { type: "gap", reason: "otherRun", missed: null } };
      else yield { type: "event", cursor: "", event: eventOf(...one) };
    }
  }
  return { events } as unknown as SealwrightClient;
}

function eventOf(stage: "final" | "abandoned", height: number, blockId: string) {
  const block = { threadId: DEFAULT_THREAD_ID, height: String(height), term: "0", blockId };
  return { type: `block.${stage}` as const, atMs: 0, block, producer: "", messages: [] };
}

async function watch(...nodes: SealwrightClient[]) {
  const checks = new Checks();
  const monitor = new FinalityMonitor(checks);
  await monitor.start(nodes);
  await new Promise((turn) => setImmediate(turn));
  await monitor.stop();
  return { monitor, violations: checks.violations };
}

describe("FinalityMonitor", () => {
  it("finds nothing where all nodes call the same blocks final, in order", async () => {
    const { monitor, violations } = await watch(
      nodeTelling(["final", 1, "a"], ["final", 2, "b"]),
      nodeTelling(["final", 1, "a"]),
    );
    expect(violations).toEqual([]);
    expect(monitor.finalAt(DEFAULT_THREAD_ID, 2n)).toBe("b");
  });

  it("[I3] finds two final blocks at one height, on two nodes or on one", async () => {
    const two = await watch(nodeTelling(["final", 1, "a"]), nodeTelling(["final", 1, "b"]));
    const one = await watch(nodeTelling(["final", 1, "a"], ["final", 1, "b"]));
    expect(two.violations).toEqual(["I3: thread 0, height 1: a and b (node 1) are both final"]);
    expect(one.violations).toEqual(["I3: thread 0, height 1: a and b (node 0) are both final"]);
  });

  it("[I5] finds a height that was passed over, unless events were lost in between", async () => {
    const skipped = await watch(nodeTelling(["final", 1, "a"], ["final", 3, "c"]));
    const lost = await watch(nodeTelling(["final", 1, "a"], "gap", ["final", 3, "c"]));
    expect(skipped.violations).toEqual(["I5: thread 0, height 3 became final on node 0 right after height 1"]);
    expect(lost.violations).toEqual([]);
  });

  it("counts a block that was given up once, however many nodes tell", async () => {
    const { monitor } = await watch(
      nodeTelling(["abandoned", 2, "x"]),
      nodeTelling(["abandoned", 2, "x"], ["abandoned", 3, "y"]),
    );
    expect([monitor.forks(0), monitor.forks(1)]).toEqual([2, 0]);
  });
});
