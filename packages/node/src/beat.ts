import type { Transport } from "@sealwright/network";
import { type Clock, encodeWireMessage, type ThreadId, type Timer } from "@sealwright/types";
import type { MessageDesk } from "./messages/messageDesk.js";
import type { SnapshotFetcher } from "./sync/snapshotFetcher.js";
import type { ThreadService } from "./thread/threadService.js";

const BEAT_MS = 1_000;

/** Once a second: everybody hears where this node stands, and messages that wait are looked at. */
export function startBeat(deps: {
  readonly threads: ReadonlyMap<ThreadId, ThreadService>;
  readonly transport: Transport;
  readonly desk: MessageDesk;
  readonly fetcher: SnapshotFetcher;
  readonly clock: Clock;
  readonly fail: (error: unknown) => void;
}): Timer {
  let timer: Timer;
  const beat = (): void => {
    for (const thread of deps.threads.values()) {
      deps.transport.broadcast(encodeWireMessage({ type: "status", status: thread.status() }));
    }
    for (const thread of deps.threads.values()) {
      thread.life.presence.noteHere();
      thread.watchImports();
    }
    deps.fetcher.tick();
    deps.desk.tick((threadId) => deps.threads.get(threadId)!.durableFinal.timeMs).catch(deps.fail);
    timer = deps.clock.setTimer(BEAT_MS, beat);
  };
  timer = deps.clock.setTimer(BEAT_MS, beat);
  return { cancel: () => timer.cancel() };
}
