import { quorum } from "@sealwright/consensus";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import type { Checks } from "./checks.js";

/** Long enough for several producers in a row to be replaced on a busy machine. */
const RECOVERY_MS_MAX = 30_000;
const LOOK_EVERY_MS = 100;

export interface Recovery {
  readonly keepers: number;
  /** Keepers that run and reach each other. */
  readonly connected: number;
  readonly threads: number;
  /** When the last fault began or ended, wall time. */
  readonly lastFaultMs: number;
  /** When each final block of a thread was first told, ascending, wall time. */
  finalTimes(thread: number): readonly number[];
}

/** I8: as long as a quorum is there, every thread gets a final block after the last fault, whatever was done before. */
export async function checkRecovery(recovery: Recovery, checks: Checks, waitMs = RECOVERY_MS_MAX): Promise<void> {
  const { keepers, connected, threads, lastFaultMs } = recovery;
  if (connected < quorum(keepers)) return;
  const isBack = (thread: number): boolean => (recovery.finalTimes(thread).at(-1) ?? 0) > lastFaultMs;
  const all = Array.from({ length: threads }, (_, thread) => thread);
  const deadlineMs = wakefulClock.monotonicMs() + waitMs;
  while (!all.every(isBack) && wakefulClock.monotonicMs() < deadlineMs) await sleepMs(LOOK_EVERY_MS);
  for (const thread of all)
    checks.check(
      "I8",
      isBack(thread),
      () => `thread ${thread} has no final block since the last fault, though ${connected} of ${keepers} keepers run`,
    );
}
