import type { Clock } from "@sealwright/types";
import { systemClock } from "@sealwright/node";

/** Real time whose timers keep the process alive: a tool that waits must not end while it does. */
export const wakefulClock: Clock = {
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => systemClock.monotonicMs(),
  setTimer: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves also when `signal` aborts, at once: whoever waits looks at the signal. */
export function sleepMs(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = wakefulClock.setTimer(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
