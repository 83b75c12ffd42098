import { type Height, type ThreadId } from "@sealwright/types";
import type { SnapshotKeeper } from "../sync/snapshotKeeper.js";
import type { ThreadService } from "../thread/threadService.js";

/**
 * From which height on a thread's blocks are needed: by keepers that begin with a snapshot, by the other threads, which import their messages, and by this
 * keeper, which finds out after a restart whether its last vote lies on the final chain.
 */
export function neededFrom(
  threads: ReadonlyMap<ThreadId, ThreadService>,
  snapshots: SnapshotKeeper,
  threadId: ThreadId,
): Height {
  const snapshot = snapshots.newestKept(threadId);
  const own = threads.get(threadId)!;
  let needed = own.durableFinal.height;
  if (snapshot < needed) needed = snapshot;
  const voted = own.keeper.state.vote.lastVoted?.height;
  if (voted !== undefined && voted < needed) needed = voted;
  for (const other of threads.values()) {
    if (other === own) continue;
    const imported = other.importedUpTo(threadId).height;
    if (imported < needed) needed = imported;
  }
  return needed;
}
