import type { MessageHash } from "@sealwright/types";

/**
 * What a death weighs against a message, and when it is held to be the cause. One that was under way may have had another
 * cause once; one that merely stood alone in the offer may have had nothing to do with it: the builder also checks blocks.
 */
const WEIGHT = { underWay: 3, alone: 1 };
const GUILTY_AT = 6;

/**
 * How many messages the next build is offered. A builder that dies over some is offered only those before the one that
 * it had in hand, then that one alone; when nobody knows which it was, half as many, down to one. So a message that
 * kills it is found within few deaths, and the others go on.
 */
export class OfferSize {
  /** Null: as many as a block may hold. */
  #max: number | null = null;
  #suspect: { readonly hash: MessageHash; readonly weight: number } | null = null;

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
    return hash === undefined ? null : this.#accuse(hash, culprit === null ? WEIGHT.alone : WEIGHT.underWay);
  }

  #accuse(hash: MessageHash, added: number): MessageHash | null {
    const weight = (this.#suspect?.hash === hash ? this.#suspect.weight : 0) + added;
    this.#suspect = { hash, weight };
    return weight >= GUILTY_AT ? hash : null;
  }
}
