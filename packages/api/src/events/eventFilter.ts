import type { MessageHash, ThreadId } from "@sealwright/types";
import type { NodeEvent, NodeEventType } from "./nodeEvent.js";

/** What a subscriber wants; null wants all. */
export interface EventFilter {
  readonly types: ReadonlySet<NodeEventType> | null;
  readonly threadId: ThreadId | null;
  readonly messages: ReadonlySet<MessageHash> | null;
}

/** The filter that lets everything pass. */
export const ALL_EVENTS: EventFilter = { types: null, threadId: null, messages: null };

/**
 * @returns the event, narrowed to the messages that were asked for, or null when it is of no interest. With a thread or
 *   messages in the filter, events that belong to none are left out.
 */
export function filterEvent(filter: EventFilter, event: NodeEvent): NodeEvent | null {
  if (filter.types !== null && !filter.types.has(event.type)) return null;
  if (filter.threadId !== null && threadOf(event) !== filter.threadId) return null;
  if (filter.messages === null) return event;
  if (!("messages" in event)) return null;
  const wanted = filter.messages;
  const messages = event.messages.filter((hash) => wanted.has(hash));
  return messages.length === 0 ? null : { ...event, messages };
}

function threadOf(event: NodeEvent): ThreadId | null {
  if ("block" in event) return event.block.threadId;
  return "threadId" in event ? event.threadId : null;
}
