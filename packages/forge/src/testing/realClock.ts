import { type Clock, unixMs } from "@sealwright/types";

/** The machine's clock, for tests against real disks, sockets and servers. */
export const realClock: Clock = {
  nowMs: () => unixMs(Date.now()),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
