import { assertNever } from "@sealwright/types";
import { type Fault, faultText } from "./fault.js";

/** What of a network decides which faults it can have. */
export interface PlannedNetwork {
  readonly nodes: number;
  readonly threads: number;
  /** Null: until it is stopped. */
  readonly durationMs: number | null;
}

const FAULTS_MAX = 1_000;

/** @returns why this plan cannot be carried out on such a network, for the person who made it; null when it can */
export function planFlaw(faults: readonly Fault[], network: PlannedNetwork): string | null {
  if (faults.length > FAULTS_MAX) return `${faults.length} faults; at most ${FAULTS_MAX} are allowed`;
  for (const fault of faults) {
    const flaw = flawOf(fault, network);
    if (flaw !== null) return `fault "${faultText(fault)}": ${flaw}`;
  }
  return null;
}

function flawOf({ atMs, action, target }: Fault, { nodes, threads, durationMs }: PlannedNetwork): string | null {
  if (durationMs !== null && atMs >= durationMs) return `the run is over after ${durationMs / 1_000}s`;
  if (target === null) return action === "heal" ? null : `${action} needs a target`;
  if (action === "heal") return "heal ends all partitions and has no target";
  switch (target.type) {
    case "keeper":
      return target.index < nodes ? null : `there are keepers 0 to ${nodes - 1}`;
    case "producer":
      // An id is looked up when its time comes; a short number is an index.
      return isThreadId(target.thread) || Number(target.thread) < threads
        ? null
        : `there are threads 0 to ${threads - 1}`;
    default:
      return assertNever(target);
  }
}

function isThreadId(thread: string): boolean {
  return thread.length > 10;
}
