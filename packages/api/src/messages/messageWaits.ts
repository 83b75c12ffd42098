import { type Clock, err, type MessageHash, ok, type Result } from "@sealwright/types";
import { setMaxListeners } from "node:events";
import { endsWait, type MessageRecord, type MessageStatus } from "../backend/message.js";
import type { NodeBackend } from "../backend/nodeBackend.js";
import type { NodeEvent } from "../events/nodeEvent.js";

export interface WaitOptions {
  readonly wanted: MessageStatus;
  readonly timeoutMs: number;
  /** The client left, or the server stops. */
  readonly signal: AbortSignal;
}

/** Waits for messages' statuses: one index over the event log, however many clients wait. */
export class MessageWaits {
  readonly #waiting = new Map<MessageHash, Set<Waiter>>();
  readonly #backend: Pick<NodeBackend, "message">;
  readonly #clock: Clock;
  readonly #messagesMax: number;
  readonly #untap: () => void;
  #count = 0;

  constructor(options: { readonly messagesMax: number }, deps: { backend: NodeBackend; clock: Clock }) {
    this.#messagesMax = options.messagesMax;
    this.#backend = deps.backend;
    this.#clock = deps.clock;
    this.#untap = deps.backend.events.tap((event) => this.#onEvent(event));
  }

  /** Messages that are waited for now. */
  get count(): number {
    return this.#count;
  }

  /**
   * Waits until every message has reached `wanted` or a last word, or the time is over, or `signal` aborts.
   * @returns what is known of each then, null for a message that this node has not met; `tooManyWaits` at once when the
   *   limit would be passed
   */
  async wait(
    hashes: readonly MessageHash[],
    options: WaitOptions,
  ): Promise<Result<(MessageRecord | null)[], { readonly code: "tooManyWaits" }>> {
    if (this.#count + hashes.length > this.#messagesMax) return err({ code: "tooManyWaits" });
    this.#count += hashes.length;
    const over = new AbortController();
    setMaxListeners(0, over.signal);
    const timer = this.#clock.setTimer(options.timeoutMs, () => over.abort());
    const leave = (): void => over.abort();
    options.signal.addEventListener("abort", leave);
    if (options.signal.aborted) leave();
    try {
      return ok(await Promise.all(hashes.map((hash) => this.#waitForOne(hash, options.wanted, over.signal))));
    } finally {
      timer.cancel();
      options.signal.removeEventListener("abort", leave);
      this.#count -= hashes.length;
    }
  }

  close(): void {
    this.#untap();
  }

  async #waitForOne(hash: MessageHash, wanted: MessageStatus, over: AbortSignal): Promise<MessageRecord | null> {
    // Registered before the first read: what happens between the two wakes the waiter.
    const waiter = this.#register(hash, wanted, over);
    try {
      for (;;) {
        const record = await this.#backend.message(hash);
        if (over.aborted || (record !== null && endsWait(record.state.status, wanted))) return record;
        await waiter.woken();
      }
    } finally {
      this.#unregister(hash, waiter);
    }
  }

  #onEvent(event: NodeEvent): void {
    if (event.type !== "message.status" || this.#waiting.size === 0) return;
    for (const hash of event.messages) {
      for (const waiter of this.#waiting.get(hash) ?? []) {
        if (endsWait(event.state.status, waiter.wanted)) waiter.wake();
      }
    }
  }

  #register(hash: MessageHash, wanted: MessageStatus, over: AbortSignal): Waiter {
    const waiter = new Waiter(wanted, over);
    const waiters = this.#waiting.get(hash);
    if (waiters === undefined) this.#waiting.set(hash, new Set([waiter]));
    else waiters.add(waiter);
    return waiter;
  }

  #unregister(hash: MessageHash, waiter: Waiter): void {
    waiter.close();
    const waiters = this.#waiting.get(hash);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiting.delete(hash);
  }
}

/** Remembers a wake that comes while nobody sleeps, so that none is lost between a read and a sleep. */
class Waiter {
  #pending = false;
  #resolve: (() => void) | null = null;
  readonly #onOver = (): void => this.wake();

  constructor(
    readonly wanted: MessageStatus,
    private readonly over: AbortSignal,
  ) {
    over.addEventListener("abort", this.#onOver);
    if (over.aborted) this.#pending = true;
  }

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  async woken(): Promise<void> {
    if (!this.#pending) await new Promise<void>((resolve) => (this.#resolve = resolve));
    this.#pending = false;
    this.#resolve = null;
  }

  close(): void {
    this.over.removeEventListener("abort", this.#onOver);
  }
}
