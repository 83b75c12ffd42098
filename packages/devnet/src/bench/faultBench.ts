import type { Fault, FaultAction } from "../faults/fault.js";
import { producerOf } from "../faults/producerOf.js";
import type { Devnet } from "../network/devnet.js";
import { runDevnet } from "../report/devnetRun.js";
import type { FaultBenchRun } from "./benchResult.js";

export interface FaultBenchOptions {
  readonly ratePerS: number;
  readonly warmUpMs: number;
}

const SETTLE_MS = 30_000;
const LAST_MS = 87_000;

/**
 * One network under a fixed load: a keeper is killed and restarted, a producer is killed and restarted, another one stands
 * still for 5 s, a keeper is cut off for 20 s. One at a time, so that never more than one of four is missing.
 */
export async function runFaultBench(devnet: Devnet, { ratePerS, warmUpMs }: FaultBenchOptions): Promise<FaultBenchRun> {
  const first = await producerOf(devnet, "0");
  const last = await producerOf(devnet, String(devnet.folder.parameters.threads - 1));
  const follower = devnet.endpoints.findIndex(({ index }) => index !== first && index !== last);
  const at = (afterMs: number, action: FaultAction, index: number): Fault => ({
    atMs: warmUpMs + afterMs,
    action,
    target: { type: "keeper", index },
  });
  const faults: readonly Fault[] = [
    at(0, "kill", follower),
    at(6_000, "restart", follower),
    at(15_000, "kill", first),
    at(22_000, "restart", first),
    at(32_000, "stop", last),
    at(37_000, "cont", last),
    at(47_000, "partition", follower),
    { atMs: warmUpMs + 67_000, action: "heal", target: null },
  ];
  const report = await runDevnet(devnet, {
    loadPerS: ratePerS,
    warmUpMs,
    durationMs: LAST_MS,
    settleMs: SETTLE_MS,
    faults,
  });
  return {
    offeredPerS: ratePerS,
    finalPerS: report.throughputPerS,
    finalityMs: report.finalityMs,
    messages: report.messages,
    faults: report.faults,
    nodesAgree: report.nodesAgree,
    violations: report.invariants.violations,
    peakRssMb: report.perNode.map(({ peakRssMb }) => peakRssMb),
  };
}
