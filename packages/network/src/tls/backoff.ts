import type { Random } from "@sealwright/types";
import { fraction } from "../fraction.js";

/** Waits between attempts: doubling up to a maximum, each shortened by up to half so that keepers do not move in step. */
export class Backoff {
  #failures = 0;

  constructor(
    readonly limits: { readonly firstMs: number; readonly maxMs: number },
    readonly random: Random,
  ) {}

  nextMs(): number {
    const fullMs = Math.min(this.limits.firstMs * 2 ** Math.min(this.#failures, 30), this.limits.maxMs);
    this.#failures += 1;
    return fullMs * (1 - fraction(this.random) / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
