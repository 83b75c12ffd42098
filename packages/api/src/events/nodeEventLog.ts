import type { UnixMs } from "@sealwright/types";
import { EventLog } from "./eventLog.js";
import type { NodeEvent } from "./nodeEvent.js";

/** Events that a subscriber may lag behind before it meets a gap. */
export const EVENTS_KEPT_MAX = 20_000;
/** Message hashes kept in all of them together: at about 100 bytes each, 50 MB at the very most. */
export const EVENT_MESSAGES_KEPT_MAX = 500_000;

/** The event log of a node. @param startedAtMs start of this process: it tells its events from an earlier run's */
export function createNodeEventLog(startedAtMs: UnixMs): EventLog<NodeEvent> {
  return new EventLog<NodeEvent>({
    capacityMax: EVENTS_KEPT_MAX,
    weight: { of: (event) => ("messages" in event ? event.messages.length : 0), max: EVENT_MESSAGES_KEPT_MAX },
    runId: startedAtMs,
  });
}
