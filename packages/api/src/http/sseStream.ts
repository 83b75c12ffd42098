import type { FastifyReply } from "fastify";
import type { ServerResponse } from "node:http";
import { type EventFilter, filterEvent } from "../events/eventFilter.js";
import type { EventCursor, LogItem } from "../events/eventLog.js";
import type { NodeEvent } from "../events/nodeEvent.js";
import { eventJson, type GapEventJson } from "../json/eventJson.js";
import type { ApiContext } from "../server/apiContext.js";
import { requestSignal } from "./requestSignal.js";

/** What a client waits before it connects again. */
const RETRY_MS = 1_000;

/**
 * Writes the event log to one client until it leaves or the server stops. Nothing is buffered here beyond one event: a
 * client that does not read makes this loop wait, the log moves on without it, and a `gap` tells it what it missed.
 */
export async function streamEvents(
  context: ApiContext,
  reply: FastifyReply,
  filter: EventFilter,
  after: EventCursor | undefined,
): Promise<void> {
  const { backend, limits } = context;
  const stopping = requestSignal(reply, context.closing);
  const response = openStream(reply);
  const stream = new SseWriter(response, context, stopping);
  // The subscription starts before the first byte: what the client reads after it sees the id loses nothing.
  const start = after ?? backend.events.head;
  let seen = start;
  const items = backend.events.subscribe({ after: start, signal: stopping });
  const heartbeat = every(context, limits.heartbeatMs, () => stream.heartbeat(seen));
  try {
    await stream.write(`retry: ${RETRY_MS}\nid: ${seen}\n: connected\n\n`);
    for await (const item of items) {
      const text = sseTextOf(item, filter);
      seen = item.cursor;
      if (text !== null) await stream.write(text);
    }
  } finally {
    heartbeat.cancel();
    response.end();
  }
}

function openStream(reply: FastifyReply): ServerResponse {
  void reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  reply.raw.socket?.setNoDelay(true);
  return reply.raw;
}

/** @returns null when the filter leaves nothing of the item; a gap is for everybody */
function sseTextOf(item: LogItem<NodeEvent>, filter: EventFilter): string | null {
  if (item.type === "gap") {
    const data: GapEventJson = { type: "gap", reason: item.reason, missed: item.missed };
    return sseEvent(item.cursor, data.type, JSON.stringify(data));
  }
  const event = filterEvent(filter, item.event);
  return event === null ? null : sseEvent(item.cursor, event.type, dataOf(event));
}

function sseEvent(id: EventCursor, type: string, data: string): string {
  return `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`;
}

/** The same event goes to every subscriber, as a rule at about the same time: it becomes text once. */
const recentTexts = new Map<NodeEvent, string>();
/** Of all events that the log keeps the texts would be tens of megabytes. */
const RECENT_TEXTS_MAX = 64;

function dataOf(event: NodeEvent): string {
  const known = recentTexts.get(event);
  if (known !== undefined) return known;
  const data = JSON.stringify(eventJson(event));
  recentTexts.set(event, data);
  const oldest = recentTexts.keys().next();
  if (recentTexts.size > RECENT_TEXTS_MAX && oldest.done !== true) recentTexts.delete(oldest.value);
  return data;
}

class SseWriter {
  #isBlocked = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly context: ApiContext,
    private readonly stopping: AbortSignal,
  ) {}

  /** Resolves when the client can take more, or never will. */
  async write(text: string): Promise<void> {
    if (this.stopping.aborted || this.response.write(text)) return;
    this.#isBlocked = true;
    await this.#drained();
    this.#isBlocked = false;
  }

  /** Also carries the cursor, so that a client whose filter lets little through does not resume from long ago. */
  heartbeat(seen: EventCursor): void {
    if (!this.#isBlocked && !this.stopping.aborted) this.response.write(`: heartbeat\nid: ${seen}\n\n`);
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      // A client that takes nothing for this long is gone in all but name, and holds a socket.
      const stall = this.context.clock.setTimer(this.context.limits.stallMsMax, () => this.response.destroy());
      const done = (): void => {
        stall.cancel();
        this.response.off("drain", done);
        this.stopping.removeEventListener("abort", done);
        resolve();
      };
      this.response.on("drain", done);
      this.stopping.addEventListener("abort", done);
    });
  }
}

function every({ clock }: ApiContext, ms: number, act: () => void): { cancel(): void } {
  let timer = clock.setTimer(ms, tick);
  function tick(): void {
    act();
    timer = clock.setTimer(ms, tick);
  }
  return { cancel: () => timer.cancel() };
}
