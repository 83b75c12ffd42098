import type { MessageHash } from "@sealwright/types";
import { Type } from "typebox";
import { ApiRefusal } from "../errors/apiRefusal.js";
import type { EventFilter } from "../events/eventFilter.js";
import { type EventCursor, parseEventCursor } from "../events/eventLog.js";
import { NODE_EVENT_TYPES, type NodeEventType } from "../events/nodeEvent.js";
import { EventSchema } from "../json/eventJson.js";
import { ThreadText } from "../json/scalars.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { answerOf, refusals } from "./answers.js";
import { messageHashOf, threadIdOf } from "./params.js";
import { query } from "./query.js";
import { streamEvents } from "./sseStream.js";

/** Message hashes in one filter: a request line with its headers has 16 KiB. More follow by thread or by all. */
const FILTERED_MESSAGES_MAX = 200;
const LIST_CHARS_MAX = FILTERED_MESSAGES_MAX * 65;
const CURSOR_CHARS_MAX = 40;

export function eventRoutes(app: ApiInstance, context: ApiContext): void {
  let subscribers = 0;
  app.get(
    "/v1/events",
    {
      // A HEAD would open a stream that nobody reads.
      exposeHeadRoute: false,
      schema: {
        operationId: "events",
        tags: ["events"],
        summary: "What happens, as server-sent events",
        description:
          "Each event has an id. A client that comes back with it, in Last-Event-ID or `after`, misses nothing, or is " +
          "told by a `gap` event that it must read anew what it follows: when it was too slow or away too long " +
          "(`tooOld`), or this process started again (`otherRun`). Comments keep an idle stream alive.",
        querystring: query({
          types: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 400,
              description: `some of ${NODE_EVENT_TYPES.join(", ")}; commas between`,
            }),
          ),
          thread: Type.Optional(ThreadText),
          messages: Type.Optional(
            Type.String({ minLength: 1, maxLength: LIST_CHARS_MAX, description: "hashes, commas between" }),
          ),
          after: Type.Optional(
            Type.String({ maxLength: CURSOR_CHARS_MAX, description: "id of the last event seen, as Last-Event-ID" }),
          ),
        }),
        headers: Type.Object({ "last-event-id": Type.Optional(Type.String({ maxLength: CURSOR_CHARS_MAX })) }),
        response: {
          200: answerOf("text/event-stream", EventSchema, "`data` of each event."),
          ...refusals("badRequest", "unknownThread", "tooManySubscribers"),
        },
      },
    },
    async (request, reply) => {
      const { types, thread, messages, after } = request.query;
      const filter: EventFilter = {
        types: types === undefined ? null : new Set(splitList(types).map(eventTypeOf)),
        threadId: thread === undefined ? null : threadIdOf(context.backend, thread),
        messages: messages === undefined ? null : hashesOf(messages),
      };
      const cursor = cursorOf(request.headers["last-event-id"] ?? after);
      if (context.closing.aborted) throw new ApiRefusal("shuttingDown", "this node stops");
      if (subscribers >= context.limits.subscribersMax) {
        throw new ApiRefusal("tooManySubscribers", "this node serves no more event streams", { retryAfterMs: 5_000 });
      }
      subscribers++;
      try {
        await streamEvents(context, reply, filter, cursor);
      } finally {
        subscribers--;
      }
    },
  );
}

/** It is written back into the stream, so nothing else may stand in it. */
function cursorOf(text: string | undefined): EventCursor | undefined {
  if (text === undefined || parseEventCursor(text) !== null) return text;
  throw new ApiRefusal("badRequest", "that is no id of an event: they look like 1700000000000.42");
}

function hashesOf(text: string): ReadonlySet<MessageHash> {
  return new Set(splitList(text).map(messageHashOf));
}

function eventTypeOf(text: string): NodeEventType {
  const found = NODE_EVENT_TYPES.find((type) => type === text);
  if (found !== undefined) return found;
  throw new ApiRefusal("badRequest", `no event type ${JSON.stringify(text.slice(0, 40))}`, {
    details: { allowed: NODE_EVENT_TYPES.join(",") },
  });
}

function splitList(text: string): string[] {
  const items = text.split(",").filter((item) => item !== "");
  // A filter of nothing would be a stream on which nothing ever comes.
  if (items.length === 0) throw new ApiRefusal("badRequest", "a filter names one thing at least");
  return items;
}
