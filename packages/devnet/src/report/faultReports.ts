import type { FaultDone } from "../faults/faultDrill.js";
import { targetText } from "../faults/fault.js";
import { measureRecovery, type ObservedRun } from "../faults/recovery.js";

/** A fault and what it did to finality. */
export interface FaultReport {
  /** As planned, after the start of the load: "8s". */
  readonly at: string;
  readonly action: string;
  /** As planned, such as "producer:0"; null for `heal`. */
  readonly target: string | null;
  /** The keeper that it happened to, as the devnet counts them; null for `heal`. */
  readonly keeper: number | null;
  /**
   * Longest time without a new final block, on the thread that waited longest. Faults less than half a second apart have
   * one window, and the same figures.
   */
  readonly blipMs: number;
  /** From then until latency was within twice of before; null: never, or there was no before. */
  readonly hangoverMs: number | null;
  /** Why it could not be done, or null. */
  readonly failure: string | null;
}

export function faultReports(done: readonly FaultDone[], run: ObservedRun): readonly FaultReport[] {
  const recoveries = measureRecovery(
    done.map(({ startMs }) => startMs),
    run,
  );
  return done.map(({ fault, keeper, failure }, i) => ({
    at: `${fault.atMs / 1_000}s`,
    action: fault.action,
    target: fault.target === null ? null : targetText(fault.target),
    keeper,
    ...recoveries[i]!,
    failure,
  }));
}
