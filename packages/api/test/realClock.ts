import { type Clock, unixMs } from "@sealwright/types";

/** Tests over real sockets run on real time. */
export const realClock: Clock = {
  nowMs: () => unixMs(Date.now()),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
