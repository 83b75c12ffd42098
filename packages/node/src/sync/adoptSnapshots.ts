import type { NodeStore } from "@sealwright/store";
import { type Logger, type ThreadId, threadIndexOf } from "@sealwright/types";

/** Before anything has a thread open: what was fetched and verified becomes its last final state. */
export async function adoptSnapshots(
  { repository, snapshots }: Pick<NodeStore, "repository" | "snapshots">,
  threadIds: readonly ThreadId[],
  logger: Logger,
): Promise<void> {
  for (const threadId of threadIds) {
    for (const record of await snapshots.list(threadId)) {
      if (record.stage !== "verified") continue;
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
