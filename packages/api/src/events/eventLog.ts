import { assert } from "@sealwright/types";

/** Where a reader stands: run and number of the last event it has seen, such as `1700000000000.42`. */
export type EventCursor = string;

/**
 * What a subscriber gets. A `gap` says that events were lost to it, never silently: it must read anew what it follows.
 * - `tooOld`: the cursor, or a reader slower than the log, fell out of the ring; `missed` events are gone
 * - `otherRun`: the cursor is of an earlier run of this process; how many are gone is not known
 */
export type LogItem<E> =
  | { readonly type: "event"; readonly cursor: EventCursor; readonly event: E }
  | {
      readonly type: "gap";
      /** Of the last lost event: resuming from here continues after the gap. */
      readonly cursor: EventCursor;
      readonly reason: "tooOld" | "otherRun";
      readonly missed: number | null;
    };

/** How much is kept, and what tells this run from earlier ones. */
export interface EventLogOptions<E> {
  /** Events kept for resuming: the most that any subscriber can lag behind. */
  readonly capacityMax: number;
  /** Bounds memory where events differ in size: the oldest leave while the sum of `of` is above `max`. */
  readonly weight?: { readonly of: (event: E) => number; readonly max: number };
  /** Tells runs of this process apart: its start time in milliseconds, say. */
  readonly runId: number;
}

/** Where a reader begins, and what ends it. */
export interface SubscribeOptions {
  /** The last event seen; without it only new events are given. */
  readonly after?: EventCursor;
  readonly signal?: AbortSignal;
}

/**
 * A bounded ring of events with any number of readers at their own pace.
 *
 * A subscriber owns nothing but its position in the ring, so a slow one costs no memory, delays nobody, and meets a
 * `gap` when the ring overtakes it.
 */
export class EventLog<E> {
  readonly #ring: (E | undefined)[];
  readonly #capacity: number;
  readonly #runId: number;
  readonly #weight: EventLogOptions<E>["weight"];
  #weightSum = 0;
  #oldest = 1;
  #nextNumber = 1;
  #closed = false;
  readonly #taps = new Set<(event: E) => void>();
  readonly #sleepers = new Set<() => void>();

  constructor(options: EventLogOptions<E>) {
    assert(Number.isInteger(options.capacityMax) && options.capacityMax > 0, "an event log keeps at least one event");
    assert(Number.isSafeInteger(options.runId) && options.runId >= 0, "a run id is a non-negative integer");
    this.#capacity = options.capacityMax;
    this.#ring = new Array<E | undefined>(options.capacityMax);
    this.#runId = options.runId;
    this.#weight = options.weight;
  }

  /** Of the newest event: subscribing after it gives only what is appended from now on. */
  get head(): EventCursor {
    return this.#cursorOf(this.#nextNumber - 1);
  }

  append(event: E): EventCursor {
    assert(!this.#closed, "nothing is appended to a closed event log");
    if (this.#nextNumber - this.#oldest === this.#capacity) this.#dropOldest();
    const number = this.#nextNumber++;
    this.#ring[number % this.#capacity] = event;
    this.#weigh(event);
    for (const tap of this.#taps) tap(event);
    this.#wakeAll();
    return this.#cursorOf(number);
  }

  /** Calls `listener` inside every `append`: for indexes inside the node that may miss nothing. It must not throw. */
  tap(listener: (event: E) => void): () => void {
    this.#taps.add(listener);
    return () => void this.#taps.delete(listener);
  }

  /** Starts at the call, not at the first `next()`. Ends when `signal` aborts or the log closes. */
  subscribe(options: SubscribeOptions = {}): AsyncIterable<LogItem<E>> {
    return this.#read(this.#startOf(options.after), options.signal);
  }

  /** Lets every subscriber read what is there and then end. */
  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  async *#read(start: Position, signal: AbortSignal | undefined): AsyncGenerator<LogItem<E>, void, undefined> {
    let next = start.next;
    if (start.otherRun) yield { type: "gap", cursor: this.#cursorOf(next - 1), reason: "otherRun", missed: null };
    while (signal?.aborted !== true) {
      if (next < this.#oldest) {
        const missed = this.#oldest - next;
        next = this.#oldest;
        yield { type: "gap", cursor: this.#cursorOf(next - 1), reason: "tooOld", missed };
      } else if (next < this.#nextNumber) {
        const event = this.#ring[next % this.#capacity] as E;
        yield { type: "event", cursor: this.#cursorOf(next++), event };
      } else if (this.#closed) {
        return;
      } else {
        await this.#sleep(signal);
      }
    }
  }

  #startOf(after: EventCursor | undefined): Position {
    if (after === undefined) return { next: this.#nextNumber, otherRun: false };
    const cursor = parseEventCursor(after);
    // A number that was not given yet cannot be this run's; a reader that trusted it would wait for ever.
    if (cursor === null || cursor.runId !== this.#runId || cursor.number >= this.#nextNumber) {
      return { next: this.#oldest, otherRun: true };
    }
    return { next: cursor.number + 1, otherRun: false };
  }

  /** The newest event always stays, however heavy. */
  #weigh(event: E): void {
    if (this.#weight === undefined) return;
    this.#weightSum += this.#weight.of(event);
    while (this.#weightSum > this.#weight.max && this.#oldest < this.#nextNumber - 1) this.#dropOldest();
  }

  #dropOldest(): void {
    const slot = this.#oldest++ % this.#capacity;
    if (this.#weight !== undefined) this.#weightSum -= this.#weight.of(this.#ring[slot] as E);
    this.#ring[slot] = undefined;
  }

  #sleep(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#sleepers.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#sleepers]) wake();
  }

  #cursorOf(number: number): EventCursor {
    return `${this.#runId}.${number}`;
  }
}

interface Position {
  readonly next: number;
  readonly otherRun: boolean;
}

const CURSOR = /^(\d{1,15})\.(\d{1,15})$/;

/** @returns run and number, or null for text that no event log made */
export function parseEventCursor(text: string): { readonly runId: number; readonly number: number } | null {
  const match = CURSOR.exec(text);
  return match === null ? null : { runId: Number(match[1]), number: Number(match[2]) };
}
