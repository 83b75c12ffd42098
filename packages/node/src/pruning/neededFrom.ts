import { SNAPSHOT_GAIN_MIN } from "@sealwright/keeper";
import { height, type Height, type ThreadId } from "@sealwright/types";
import type { SnapshotKeeper } from "../sync/snapshotKeeper.js";
import type { ThreadService } from "../thread/threadService.js";

/**
 * From which height on a thread's blocks are needed: by the other threads, which import their messages, and by keepers that
 * come back.
 */
export function neededFrom(
  threads: ReadonlyMap<ThreadId, Pick<ThreadService, "durableFinal" | "importedUpTo">>,
  snapshots: Pick<SnapshotKeeper, "newestKept">,
  threadId: ThreadId,
): Height {
  // Who lacks no more than this is not helped by the snapshot: it catches up by blocks, from below it.
  const snapshot = snapshots.newestKept(threadId) - SNAPSHOT_GAIN_MIN;
  const own = threads.get(threadId)!;
  let needed = own.durableFinal.height;
  if (snapshot < needed) needed = height(snapshot < 0n ? 0n : snapshot);
  for (const other of threads.values()) {
    if (other === own) continue;
    const imported = other.importedUpTo(threadId).height;
    if (imported < needed) needed = imported;
  }
  return needed;
}
