import type { MessageHash, UnixMs } from "@sealwright/types";

/** An external message that passed admission and waits for a block of its thread. */
export interface QueuedMessage {
  readonly hash: MessageHash;
  readonly bytes: Uint8Array;
  readonly expiresAtMs: UnixMs;
}

export interface QueueLimits {
  readonly messagesMax: number;
  readonly bytesMax: number;
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = { messagesMax: 50_000, bytesMax: 64 * 1024 * 1024 };

/** A message and its place in the order of arrival, which it keeps when a block gives it back. */
interface Stamped {
  readonly message: QueuedMessage;
  readonly stamp: number;
}

export type EnqueueOutcome = "queued" | "alreadyHere" | "full" | "refused";

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
    this.#waiting.set(message.hash, { message, stamp: this.#nextStamp++ });
    this.#bytes += message.bytes.length;
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
      this.#taken.set(entry.message.hash, entry);
    }
    this.#bytes -= bytes;
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
      this.#bytes += entry.message.bytes.length;
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
      this.#bytes -= waiting.message.bytes.length;
    }
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
}
