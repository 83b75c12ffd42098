import type { AccountId } from "@sealwright/types";

export interface CustodyLimits {
  readonly messagesMax: number;
  /** Of all messages together: they are in memory, and on their way to the disk. */
  readonly bytesMax: number;
  /** Of one account, so that a flood to one turns nobody else away. */
  readonly messagesPerAccountMax: number;
}

export const CUSTODY_LIMITS: CustodyLimits = {
  messagesMax: 100_000,
  bytesMax: 64 * 1024 * 1024,
  messagesPerAccountMax: 5_000,
};

/** Counts and weighs unsettled messages that this node holds, and says whether one more has room. */
export class CustodyRoom {
  readonly #perAccount = new Map<AccountId, number>();
  #count = 0;
  #bytes = 0;

  constructor(private readonly limits: CustodyLimits) {}

  get count(): number {
    return this.#count;
  }

  /** Why a message to `account` is turned away for a while; null when there is room. */
  lackFor(account: AccountId, bytes: Uint8Array): "queueFull" | "accountQueueFull" | null {
    if (this.#count >= this.limits.messagesMax) return "queueFull";
    if (this.#bytes + bytes.length > this.limits.bytesMax) return "queueFull";
    const isAccountFull = (this.#perAccount.get(account) ?? 0) >= this.limits.messagesPerAccountMax;
    return isAccountFull ? "accountQueueFull" : null;
  }

  /** Also beyond the limits: what was promised before a restart is kept. */
  add(account: AccountId, bytes: Uint8Array): void {
    this.#count++;
    this.#bytes += bytes.length;
    this.#perAccount.set(account, (this.#perAccount.get(account) ?? 0) + 1);
  }

  remove(account: AccountId, bytes: Uint8Array): void {
    this.#count--;
    this.#bytes -= bytes.length;
    const left = (this.#perAccount.get(account) ?? 0) - 1;
    if (left > 0) this.#perAccount.set(account, left);
    else this.#perAccount.delete(account);
  }
}
