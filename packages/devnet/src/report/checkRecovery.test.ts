import { describe, expect, it } from "vitest";
import { checkRecovery, type Recovery } from "./checkRecovery.js";
import { Checks } from "./checks.js";

const FAULT_MS = 1_000;
const times = (...byThread: readonly (readonly number[])[]): Pick<Recovery, "finalTimes" | "threads"> => ({
  threads: byThread.length,
  finalTimes: (thread) => byThread[thread]!,
});

async function violations(run: Partial<Recovery>, waitMs = 50): Promise<readonly string[]> {
  const checks = new Checks();
  const recovery = { keepers: 4, connected: 3, lastFaultMs: FAULT_MS, ...times([900, 1_200], [1_100]), ...run };
  await checkRecovery(recovery, checks, waitMs);
  return checks.violations;
}

describe("a run with faults", () => {
  it("[I8] is good when every thread goes on after the last one", async () => {
    expect(await violations({})).toEqual([]);
  });

  it("[I8] is not good when a thread stands still, with load or without", async () => {
    const text = "I8: thread 1 has no final block since the last fault, though 3 of 4 keepers run";
    expect(await violations(times([1_200], [800, 990]))).toEqual([text]);
    expect(await violations(times([1_200], []))).toEqual([text]);
  });

  it("[I8] is waited for", async () => {
    let looks = 0;
    const finalTimes = (): readonly number[] => (++looks > 3 ? [1_500] : []);
    expect(await violations({ threads: 1, finalTimes }, 10_000)).toEqual([]);
  });

  it("[I8] may end without finality when no quorum is left", async () => {
    expect(await violations({ ...times([], []), connected: 2 })).toEqual([]);
  });
});
