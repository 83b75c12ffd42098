import type { EventLog, NodeEvent } from "@sealwright/api";
import type { Clock, MessageHash, ThreadId } from "@sealwright/types";

export type Transition = (NodeEvent & { type: "message.status" })["state"];

/** Tells the node's event stream what became of messages. */
export class MessageTelling {
  constructor(private readonly deps: { readonly events: EventLog<NodeEvent>; readonly clock: Clock }) {}

  tell(threadId: ThreadId, messages: readonly MessageHash[], state: Transition): void {
    if (messages.length === 0) return;
    const { events, clock } = this.deps;
    events.append({ type: "message.status", atMs: clock.nowMs(), threadId, messages, state });
  }
}
