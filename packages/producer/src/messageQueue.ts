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

export type EnqueueOutcome = "queued" | "alreadyHere" | "full";

/**
 * External messages of one thread in order of arrival. What a block consumed stays known (so that it is not taken twice)
 * until the block is final or given back.
 */
export class MessageQueue {
  readonly #limits: QueueLimits;
  /** Insertion order is queue order. */
  #waiting = new Map<MessageHash, QueuedMessage>();
  readonly #taken = new Map<MessageHash, QueuedMessage>();
  #bytes = 0;

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
    const isFull =
      this.#waiting.size >= this.#limits.messagesMax || this.#bytes + message.bytes.length > this.#limits.bytesMax;
    if (isFull) return "full";
    this.#waiting.set(message.hash, message);
    this.#bytes += message.bytes.length;
    return "queued";
  }

  /** Moves the oldest messages into a block's hands: at most `countMax`, at most `bytesMax` together. */
  take(countMax: number, bytesMax: number): QueuedMessage[] {
    const taken: QueuedMessage[] = [];
    let bytes = 0;
    for (const message of this.#waiting.values()) {
      if (taken.length >= countMax || bytes + message.bytes.length > bytesMax) break;
      bytes += message.bytes.length;
      taken.push(message);
    }
    for (const message of taken) {
      this.#waiting.delete(message.hash);
      this.#taken.set(message.hash, message);
      this.#bytes -= message.bytes.length;
    }
    return taken;
  }

  /** Puts messages back at the front, in the order given: what a dropped block consumed comes before all that is newer. */
  giveBack(messages: readonly QueuedMessage[]): void {
    const back = messages.filter((message) => this.#taken.delete(message.hash));
    if (back.length === 0) return;
    for (const message of back) this.#bytes += message.bytes.length;
    this.#waiting = new Map([...back.map((message) => [message.hash, message] as const), ...this.#waiting]);
  }

  /** Forgets messages that a block settled or that nobody needs any more. */
  forget(hashes: Iterable<MessageHash>): void {
    for (const hash of hashes) {
      this.#taken.delete(hash);
      const waiting = this.#waiting.get(hash);
      if (waiting === undefined) continue;
      this.#waiting.delete(hash);
      this.#bytes -= waiting.bytes.length;
    }
  }

  /** Removes waiting messages whose expiry lies before `nowMs`: no block may hold them any more. */
  dropExpired(nowMs: UnixMs): MessageHash[] {
    const expired: MessageHash[] = [];
    for (const message of this.#waiting.values()) {
      if (message.expiresAtMs < nowMs) expired.push(message.hash);
    }
    this.forget(expired);
    return expired;
  }
}
