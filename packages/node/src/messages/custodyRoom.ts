import type { AccountId } from "@sealwright/types";

export interface CustodyLimits {
  readonly messagesMax: number;
  /** Of one account, so that a flood to one turns nobody else away. */
  readonly messagesPerAccountMax: number;
}

export const CUSTODY_LIMITS: CustodyLimits = { messagesMax: 100_000, messagesPerAccountMax: 5_000 };

/** Counts the unsettled messages that this node holds for clients, and says whether one more has room. */
export class CustodyRoom {
  readonly #perAccount = new Map<AccountId, number>();
  #count = 0;

  constructor(private readonly limits: CustodyLimits) {}

  get count(): number {
    return this.#count;
  }

  /** Why a client's message to `account` is turned away for a while; null when there is room. */
  lackFor(account: AccountId): "queueFull" | "accountQueueFull" | null {
    if (this.#count >= this.limits.messagesMax) return "queueFull";
    const isAccountFull = (this.#perAccount.get(account) ?? 0) >= this.limits.messagesPerAccountMax;
    return isAccountFull ? "accountQueueFull" : null;
  }

  /** Also beyond the limits: what was promised before a restart, or by a certified block, is kept. */
  add(account: AccountId): void {
    this.#count++;
    this.#perAccount.set(account, (this.#perAccount.get(account) ?? 0) + 1);
  }

  remove(account: AccountId): void {
    this.#count--;
    const left = (this.#perAccount.get(account) ?? 0) - 1;
    if (left > 0) this.#perAccount.set(account, left);
    else this.#perAccount.delete(account);
  }
}
