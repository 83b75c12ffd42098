import type { MessageHash } from "@sealwright/types";

/** Deaths over one message alone before it is held to be the cause: the first may have had another one. */
const DEATHS_ALONE_MAX = 2;

/**
 * How many messages the next build is offered. A builder that dies over some is offered half as many, down to one: so
 * a message that kills it is found within few deaths, and the others go on.
 */
export class OfferSize {
  /** Null: as many as a block may hold. */
  #max: number | null = null;
  #alone: { readonly hash: MessageHash; readonly deaths: number } | null = null;

  countMax(limit: number): number {
    return this.#max === null ? limit : Math.min(this.#max, limit);
  }

  /** Good news: twice as many next time. */
  built(): void {
    this.#alone = null;
    if (this.#max !== null) this.#max = this.#max >= 1 << 16 ? null : this.#max * 2;
  }

  /** @returns the message that kills the builder, once that is clear */
  died(offered: readonly MessageHash[]): MessageHash | null {
    const [first] = offered;
    if (first === undefined) return null;
    this.#max = Math.max(1, offered.length >> 1);
    if (offered.length > 1) return null;
    const deaths = this.#alone?.hash === first ? this.#alone.deaths + 1 : 1;
    this.#alone = { hash: first, deaths };
    return deaths >= DEATHS_ALONE_MAX ? first : null;
  }
}
