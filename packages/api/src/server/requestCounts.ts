import type { FastifyRateLimitStore } from "@fastify/rate-limit";
import type { Clock } from "@sealwright/types";

/** Addresses that are counted at once: the one that has been quiet for longest is forgotten first. */
const ADDRESSES_MAX = 5_000;

interface Window {
  readonly endMs: number;
  requests: number;
}

/** Requests of each address in a window of time that begins with its first one, by the node's clock. */
export class RequestCounts implements FastifyRateLimitStore {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  incr(
    address: string,
    callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
    windowMs: number,
  ): void {
    const nowMs = this.#clock.monotonicMs();
    const open = this.#windows.get(address);
    const window = open !== undefined && nowMs < open.endMs ? open : { endMs: nowMs + windowMs, requests: 0 };
    window.requests += 1;
    this.#windows.delete(address);
    this.#windows.set(address, window);
    if (this.#windows.size > ADDRESSES_MAX) this.#windows.delete(this.#windows.keys().next().value!);
    callback(null, { current: window.requests, ttl: window.endMs - nowMs });
  }

  /** For a route with a limit of its own; none has. */
  child(): RequestCounts {
    return new RequestCounts(this.#clock);
  }
}
