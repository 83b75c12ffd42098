import type { NodeStore } from "@sealwright/store";
import { type Logger, type ThreadId, threadIndexOf } from "@sealwright/types";
import type { Opening } from "../opening.js";

/**
 * Before anything has a thread open: what was fetched and verified becomes its last final state.
 * @throws OpeningAborted between two snapshots; one that is not adopted yet is at the next start
 */
export async function adoptSnapshots(
  { repository, snapshots }: Pick<NodeStore, "repository" | "snapshots">,
  threadIds: readonly ThreadId[],
  logger: Logger,
  opening: Pick<Opening, "throwIfAborted">,
): Promise<void> {
  for (const threadId of threadIds) {
    for (const record of await snapshots.list(threadId)) {
      if (record.stage !== "verified") continue;
      opening.throwIfAborted();
      const { height } = record.manifest;
      const last = await repository.lastFinal(threadId);
      if (last !== null && last.height >= height) {
        await snapshots.drop(threadId, height);
        continue;
      }
      await snapshots.adopt(record);
      const heights = { from: (last?.height ?? 0n).toString(), height: height.toString() };
      logger.log("info", "snapshot.adopted", { thread: threadIndexOf(threadId), ...heights });
    }
  }
}
