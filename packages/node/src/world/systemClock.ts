import { performance } from "node:perf_hooks";
import { type Clock, type Timer, unixMs } from "@sealwright/types";

/** Real time. Timers keep no process alive by themselves. */
export const systemClock: Clock = {
  nowMs: () => unixMs(Date.now()),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback): Timer => {
    const handle = setTimeout(callback, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
