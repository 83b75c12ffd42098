import { DELAY_REASONS, type DelayReason } from "@sealwright/api";

/** How many blocks were late or given up, by reason; every reason is there from the start. */
export class DelayCounts {
  readonly #counts = new Map<DelayReason, number>(DELAY_REASONS.map((reason) => [reason, 0]));

  count(reason: DelayReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  entries(): Iterable<readonly [DelayReason, number]> {
    return this.#counts;
  }
}
