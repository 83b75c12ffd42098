import type { EventJson } from "@sealwright/api";

export interface FeedListener {
  event(event: EventJson): void;
  /** Events were lost, or the node started again: what is shown must be read anew. */
  gap(): void;
  link(state: "live" | "lost"): void;
}

/** What is used of a browser's `EventSource`. */
export interface EventStream {
  readonly readyState: number;
  addEventListener(type: string, listener: (message: { readonly data: string }) => void): void;
}

const TYPES = [
  "block.sealed",
  "block.certified",
  "block.prefinal",
  "block.final",
  "block.abandoned",
  "thread.term",
  "keeper.connected",
  "keeper.disconnected",
];
const CLOSED = 2;
const REFUSED_PAUSE_MS = 5_000;

/**
 * Follows a node's events for ever. A broken connection the browser makes again by itself; after a refusal, as when too
 * many follow already, it does not.
 * @param open a stream of events from now on
 * @param hasMissed events went by before: a new stream does not know where the one before ended
 */
export function followEvents(open: (path: string) => EventStream, listener: FeedListener, hasMissed = false): void {
  const stream = open(`/v1/events?types=${TYPES.join(",")}`);
  let isGapOpen = hasMissed;
  stream.addEventListener("open", () => {
    if (isGapOpen) listener.gap();
    isGapOpen = false;
    listener.link("live");
  });
  stream.addEventListener("error", () => {
    listener.link("lost");
    if (stream.readyState === CLOSED) setTimeout(() => followEvents(open, listener, true), REFUSED_PAUSE_MS);
  });
  for (const type of TYPES) stream.addEventListener(type, ({ data }) => listener.event(JSON.parse(data) as EventJson));
  stream.addEventListener("gap", () => listener.gap());
}
