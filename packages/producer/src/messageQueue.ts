import type { AccountId, MessageHash, UnixMs } from "@sealwright/types";

/** An external message that passed admission and waits for a block of its thread. */
export interface QueuedMessage {
  readonly hash: MessageHash;
  /** Which the message is for. */
  readonly account: AccountId;
  readonly bytes: Uint8Array;
  readonly expiresAtMs: UnixMs;
}

/** How much a queue holds, all in all and for one account. */
export interface QueueLimits {
  readonly messagesMax: number;
  /** Of one account, so that a flood to one leaves room for all others. */
  readonly messagesPerAccountMax: number;
  readonly bytesMax: number;
}

/** What a node's queue of one thread holds. */
export const DEFAULT_QUEUE_LIMITS: QueueLimits = {
  messagesMax: 50_000,
  messagesPerAccountMax: 5_000,
  bytesMax: 64 * 1024 * 1024,
};

/** A message and its place in the order of arrival, which it keeps when a block gives it back. */
interface Stamped {
  readonly message: QueuedMessage;
  readonly stamp: number;
}

/** What became of a message that was offered. */
export type EnqueueOutcome = "queued" | "alreadyHere" | "full" | "accountFull" | "refused";

/** Refused messages that are remembered, so that their custodians do not bring them back. */
const REFUSED_MAX = 4_096;

/**
 * External messages of one thread in order of arrival. What a block consumed stays known (so that it is not taken twice)
 * until the block is final or given back.
 */
export class MessageQueue {
  readonly #limits: QueueLimits;
  /** Insertion order is queue order: stamps ascend. */
  #waiting = new Map<MessageHash, Stamped>();
  readonly #taken = new Map<MessageHash, Stamped>();
  /** Oldest first. */
  readonly #refused = new Set<MessageHash>();
  /** Messages that wait, by account; no entry stands for none. */
  readonly #perAccount = new Map<AccountId, number>();
  #bytes = 0;
  #nextStamp = 0;

  constructor(limits: QueueLimits = DEFAULT_QUEUE_LIMITS) {
    this.#limits = limits;
  }

  /** Messages that wait for a block. */
  get length(): number {
    return this.#waiting.size;
  }

  has(hash: MessageHash): boolean {
    return this.#waiting.has(hash) || this.#taken.has(hash);
  }

  add(message: QueuedMessage): EnqueueOutcome {
    if (this.has(message.hash)) return "alreadyHere";
    if (this.#refused.has(message.hash)) return "refused";
    const isFull =
      this.#waiting.size >= this.#limits.messagesMax || this.#bytes + message.bytes.length > this.#limits.bytesMax;
    if (isFull) return "full";
    if ((this.#perAccount.get(message.account) ?? 0) >= this.#limits.messagesPerAccountMax) return "accountFull";
    this.#waiting.set(message.hash, { message, stamp: this.#nextStamp++ });
    this.#count(message, 1);
    return "queued";
  }

  /** Moves the oldest messages into a block's hands: at most `countMax`, at most `bytesMax` together. */
  take(countMax: number, bytesMax: number): QueuedMessage[] {
    const taken: Stamped[] = [];
    let bytes = 0;
    for (const entry of this.#waiting.values()) {
      if (taken.length >= countMax || bytes + entry.message.bytes.length > bytesMax) break;
      bytes += entry.message.bytes.length;
      taken.push(entry);
    }
    for (const entry of taken) {
      this.#waiting.delete(entry.message.hash);
      this.#count(entry.message, -1);
      this.#taken.set(entry.message.hash, entry);
    }
    return taken.map(({ message }) => message);
  }

  /**
   * Puts messages back where they were: in order of arrival, whatever the order in which blocks give them back. The
   * limits do not count here, because these messages were let in before.
   */
  giveBack(messages: readonly QueuedMessage[]): void {
    this.restore(messages.map(({ hash }) => hash));
  }

  /** The same by hash, for messages of a block that left and was abandoned; those not taken here are passed over. */
  restore(hashes: readonly MessageHash[]): void {
    const back: Stamped[] = [];
    for (const hash of hashes) {
      const entry = this.#taken.get(hash);
      if (entry === undefined) continue;
      this.#taken.delete(hash);
      this.#count(entry.message, 1);
      back.push(entry);
    }
    if (back.length === 0) return;
    const all = [...back, ...this.#waiting.values()].sort((a, b) => a.stamp - b.stamp);
    this.#waiting = new Map(all.map((entry) => [entry.message.hash, entry]));
  }

  /** Forgets messages that a block settled or that nobody needs any more. */
  forget(hashes: Iterable<MessageHash>): void {
    for (const hash of hashes) {
      this.#taken.delete(hash);
      const waiting = this.#waiting.get(hash);
      if (waiting === undefined) continue;
      this.#waiting.delete(hash);
      this.#count(waiting.message, -1);
    }
  }

  /**
   * This node stops producing: hands out all that waits, in order, and forgets what blocks took, but for messages of
   * `underBuild`: they come back when the build that has them ends. What was handed out is taken again like any other.
   */
  handOver(underBuild: readonly QueuedMessage[]): QueuedMessage[] {
    const kept = new Set(underBuild.map(({ hash }) => hash));
    for (const hash of this.#taken.keys()) if (!kept.has(hash)) this.#taken.delete(hash);
    return this.takeWaiting();
  }

  /** Hands out all that waits, in order, and keeps nothing of it. */
  takeWaiting(): QueuedMessage[] {
    const waiting = [...this.#waiting.values()].map(({ message }) => message);
    this.#waiting.clear();
    this.#perAccount.clear();
    this.#bytes = 0;
    return waiting;
  }

  /** Forgets a message and does not take it again: no block of this node will hold it. */
  refuse(hash: MessageHash): void {
    this.forget([hash]);
    const [oldest] = this.#refused;
    if (this.#refused.size >= REFUSED_MAX && oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.add(hash);
  }

  /** Removes waiting messages whose expiry lies before `nowMs`: no block may hold them any more. */
  dropExpired(nowMs: UnixMs): MessageHash[] {
    const expired: MessageHash[] = [];
    for (const { message } of this.#waiting.values()) {
      if (message.expiresAtMs < nowMs) expired.push(message.hash);
    }
    this.forget(expired);
    return expired;
  }

  #count({ account, bytes }: QueuedMessage, step: 1 | -1): void {
    this.#bytes += step * bytes.length;
    const count = (this.#perAccount.get(account) ?? 0) + step;
    if (count === 0) this.#perAccount.delete(account);
    else this.#perAccount.set(account, count);
  }
}
