import { type Height, type ThreadId } from "@sealwright/types";
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
  const snapshot = snapshots.newestKept(threadId);
  const own = threads.get(threadId)!;
  let needed = own.durableFinal.height;
  if (snapshot < needed) needed = snapshot;
  for (const other of threads.values()) {
    if (other === own) continue;
    const imported = other.importedUpTo(threadId).height;
    if (imported < needed) needed = imported;
  }
  return needed;
}
