import type { MessageHash } from "@sealwright/types";

/** Deaths over one message before it is held to be the cause: the first may have had another one. */
const DEATHS_MAX = 2;

/**
 * How many messages the next build is offered. A builder that dies over some is offered only those before the one that
 * it had in hand, then that one alone; when nobody knows which it was, half as many, down to one. So a message that
 * kills it is found within few deaths, and the others go on.
 */
export class OfferSize {
  /** Null: as many as a block may hold. */
  #max: number | null = null;
  #suspect: { readonly hash: MessageHash; readonly deaths: number } | null = null;

  countMax(limit: number): number {
    return this.#max === null ? limit : Math.min(this.#max, limit);
  }

  /** Good news: twice as many next time, and a suspect among those that were looked at was none. */
  built(lookedAt: readonly MessageHash[]): void {
    if (this.#suspect !== null && lookedAt.includes(this.#suspect.hash)) this.#suspect = null;
    if (this.#max !== null) this.#max = this.#max >= 1 << 16 ? null : this.#max * 2;
  }

  /**
   * @param culprit the place of the message that was under way; null when it is not known
   * @returns the message that kills the builder, once that is clear
   */
  died(offered: readonly MessageHash[], culprit: number | null): MessageHash | null {
    if (offered.length === 0) return null;
    this.#max = Math.max(1, culprit ?? offered.length >> 1);
    const at = culprit ?? (offered.length === 1 ? 0 : null);
    const hash = at === null ? undefined : offered[at];
    return hash === undefined ? null : this.#count(hash);
  }

  #count(hash: MessageHash): MessageHash | null {
    const deaths = this.#suspect?.hash === hash ? this.#suspect.deaths + 1 : 1;
    this.#suspect = { hash, deaths };
    return deaths >= DEATHS_MAX ? hash : null;
  }
}
