import { assert } from "@sealwright/types";
import type { ForgeEvent, ForgeOutcome, Origin } from "../forgeEvent.js";

/** Which outcomes a subscriber of `ForgeWorker.events` hears, from when, and how many wait for it. */
export interface EventsOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal;
  /** Only outcomes of requests with this origin; all of them when absent. */
  readonly origin?: Origin;
  /** Outcomes kept for a slow reader before the oldest go and a `gap` tells. */
  readonly bufferMax?: number;
  /** Cursor of the last event seen: what is still known after it comes first. */
  readonly after?: number;
}

const BUFFER_MAX = 4_096;
const HISTORY_MAX = 1_024;

type NumberedOutcome = ForgeOutcome & { readonly cursor: number };

/** Hands every outcome to every subscriber. A slow reader loses its oldest events, is told so, and slows nobody. */
export class EventHub {
  readonly #subscribers = new Set<Subscriber>();
  /** The latest outcomes, each at its cursor's place in the ring: what is kept longer costs every pause of the collector. */
  readonly #history: ForgeOutcome[] = [];
  #cursor = 0;
  #ended = false;

  publish(outcome: ForgeOutcome): void {
    assert(!this.#ended, "no outcome after the end");
    this.#cursor += 1;
    this.#history[this.#cursor % HISTORY_MAX] = outcome;
    // Copied for a reader only: most callers wait for their own outcome and read no events.
    if (this.#subscribers.size === 0) return;
    const event = { ...outcome, cursor: this.#cursor };
    for (const subscriber of this.#subscribers) subscriber.offer(event);
  }

  /** Subscribes at once, not at the first read: nothing that happens in between is missed. */
  subscribe({ signal, origin, bufferMax = BUFFER_MAX, after }: EventsOptions = {}): AsyncIterableIterator<ForgeEvent> {
    assert(bufferMax >= 1, "a subscriber buffers at least one event");
    const onAbort = (): void => subscriber.end();
    const subscriber = new Subscriber(bufferMax, origin ?? null, () => {
      this.#subscribers.delete(subscriber);
      signal?.removeEventListener("abort", onAbort);
    });
    if (after !== undefined) this.#replay(subscriber, after);
    if (this.#ended || signal?.aborted === true) {
      subscriber.end();
      return subscriber;
    }
    this.#subscribers.add(subscriber);
    signal?.addEventListener("abort", onAbort, { once: true });
    return subscriber;
  }

  /** Subscribers read what they still have, then their streams end. */
  end(): void {
    this.#ended = true;
    for (const subscriber of this.#subscribers) subscriber.end();
    this.#subscribers.clear();
  }

  #replay(subscriber: Subscriber, after: number): void {
    const oldest = Math.max(1, this.#cursor - HISTORY_MAX + 1);
    if (after + 1 < oldest) subscriber.miss(oldest - after - 1, oldest - 1);
    for (let cursor = Math.max(oldest, after + 1); cursor <= this.#cursor; cursor++) {
      const outcome = this.#history[cursor % HISTORY_MAX];
      if (outcome !== undefined) subscriber.offer({ ...outcome, cursor });
    }
  }
}

class Subscriber implements AsyncIterableIterator<ForgeEvent> {
  readonly #bufferMax: number;
  readonly #origin: Origin | null;
  readonly #onEnd: () => void;
  #buffer: ForgeEvent[] = [];
  /** Index of the next unread event; the array is cut when half of it is read. */
  #read = 0;
  #gap: { missed: number; cursor: number } | null = null;
  #ended = false;
  /** Reads that wait, in their order: there are some only while nothing is there to read. */
  readonly #readers: ((result: IteratorResult<ForgeEvent>) => void)[] = [];

  constructor(bufferMax: number, origin: Origin | null, onEnd: () => void) {
    this.#bufferMax = bufferMax;
    this.#origin = origin;
    this.#onEnd = onEnd;
  }

  offer(event: NumberedOutcome): void {
    if (this.#origin !== null && event.origin !== this.#origin) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: event });
      return;
    }
    this.#buffer.push(event);
    if (this.#buffer.length - this.#read > this.#bufferMax) {
      const lost = this.#take();
      this.miss(1, lost?.cursor ?? event.cursor);
    }
  }

  miss(count: number, cursor: number): void {
    this.#gap = { missed: (this.#gap?.missed ?? 0) + count, cursor };
  }

  end(): void {
    this.#ended = true;
    this.#onEnd();
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<ForgeEvent>> {
    const event = this.#nextEvent();
    if (event !== null) return Promise.resolve({ done: false, value: event });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<ForgeEvent>> {
    this.#buffer = [];
    this.#read = 0;
    this.#gap = null;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #nextEvent(): ForgeEvent | null {
    if (this.#gap !== null) {
      const gap: ForgeEvent = { kind: "gap", ...this.#gap };
      this.#gap = null;
      return gap;
    }
    return this.#take();
  }

  #take(): ForgeEvent | null {
    const event = this.#buffer[this.#read] ?? null;
    if (event === null) return null;
    this.#read += 1;
    if (this.#read > 32 && this.#read * 2 > this.#buffer.length) {
      this.#buffer = this.#buffer.slice(this.#read);
      this.#read = 0;
    }
    return event;
  }
}
