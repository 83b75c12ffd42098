import type { Clock } from "@sealwright/types";
import type { EventCursor } from "../events/eventLog.js";
import type { NodeEventType } from "../events/nodeEvent.js";
import type { EventJson, GapEventJson } from "../json/eventJson.js";
import { ApiClientError } from "./apiClientError.js";
import type { HttpTransport } from "./httpTransport.js";
import { SseParser } from "./sseParser.js";

/** Which events to follow, and from where on; a filter that is left out lets all pass. */
export interface EventsOptions {
  readonly types?: readonly NodeEventType[];
  /** Index or id. */
  readonly thread?: number | string;
  readonly messages?: readonly string[];
  /** The last event seen; without it only new ones are given. */
  readonly after?: EventCursor;
  readonly signal?: AbortSignal;
  /** Called when the stream is open, and again after each reconnect. */
  readonly onOpen?: () => void;
}

/** A `gap` says that events were lost: read anew what you follow. */
export type ClientEvent =
  | { readonly type: "event"; readonly cursor: EventCursor; readonly event: EventJson }
  | { readonly type: "gap"; readonly cursor: EventCursor; readonly gap: GapEventJson };

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
/** Three missed heartbeats: a half-open connection brings nothing and never ends. */
const SILENCE_MS_MAX = 30_000;

/**
 * Events of a node, through as many connections as it takes: after a break it goes on from the last event seen.
 * Ends when `signal` aborts. @throws ApiClientError when the node refuses for good, such as for a bad filter
 */
export async function* clientEvents(
  transport: HttpTransport,
  clock: Clock,
  options: EventsOptions,
): AsyncGenerator<ClientEvent, void, undefined> {
  let after = options.after ?? null;
  let retryMs = RETRY_MS_MIN;
  const isOver = (): boolean => options.signal?.aborted === true;
  while (!isOver()) {
    try {
      for await (const item of readOnce(transport, clock, options, after)) {
        retryMs = RETRY_MS_MIN;
        after = item.cursor;
        if (item.type !== "cursor") yield item;
      }
    } catch (error) {
      if (isOver()) return;
      if (!(error instanceof ApiClientError) || !error.retryable) throw error;
    }
    if (isOver()) return;
    await sleep(clock, retryMs, options.signal);
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  }
}

type StreamItem = ClientEvent | { readonly type: "cursor"; readonly cursor: EventCursor };

async function* readOnce(
  transport: HttpTransport,
  clock: Clock,
  options: EventsOptions,
  after: EventCursor | null,
): AsyncGenerator<StreamItem, void, undefined> {
  const silence = new Silence(clock, options.signal);
  try {
    const response = await transport.stream({
      method: "GET",
      path: `/v1/events${queryOf(options)}`,
      accept: "text/event-stream",
      headers: after === null ? {} : { "last-event-id": after },
      signal: silence.signal,
    });
    options.onOpen?.();
    const parser = new SseParser();
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      silence.reset();
      for (const { id, type, data } of parser.push(chunk)) {
        const cursor = id ?? "";
        if (type === "gap") yield { type: "gap", cursor, gap: JSON.parse(data) as GapEventJson };
        else yield { type: "event", cursor, event: JSON.parse(data) as EventJson };
      }
      if (parser.lastId !== null) yield { type: "cursor", cursor: parser.lastId };
    }
  } catch (error) {
    if (error instanceof ApiClientError && error.code !== "aborted") throw error;
    // Cut off in the middle, by the other end or by our watch over its silence.
    throw new ApiClientError("unreachable", "the event stream broke", { cause: error, retryable: true });
  } finally {
    silence.close();
  }
}

/** Gives up a connection that is silent for too long, or that its user no longer wants. */
class Silence {
  readonly #controller = new AbortController();
  readonly #abort = (): void => this.#controller.abort();
  #timer;

  constructor(
    private readonly clock: Clock,
    private readonly user: AbortSignal | undefined,
  ) {
    user?.addEventListener("abort", this.#abort);
    if (user?.aborted === true) this.#abort();
    this.#timer = clock.setTimer(SILENCE_MS_MAX, this.#abort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  reset(): void {
    this.#timer.cancel();
    this.#timer = this.clock.setTimer(SILENCE_MS_MAX, this.#abort);
  }

  close(): void {
    this.#timer.cancel();
    this.user?.removeEventListener("abort", this.#abort);
    this.#abort();
  }
}

function queryOf({ types, thread, messages }: EventsOptions): string {
  const query = new URLSearchParams();
  if (types !== undefined) query.set("types", types.join(","));
  if (thread !== undefined) query.set("thread", String(thread));
  if (messages !== undefined) query.set("messages", messages.join(","));
  return query.size === 0 ? "" : `?${query.toString()}`;
}

export function sleep(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimer(ms, done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted === true) done();
  });
}
