import type { NodeStore } from "@sealwright/store";
import { height, type Height, type ThreadId, type UnixMs, unixMs } from "@sealwright/types";

/**
 * The time of the newest final block up to which this node did not follow all blocks of a thread, because it began with
 * a snapshot there: what became of messages in those blocks it does not know. 0 when there is none that is remembered.
 */
export async function followedFrom(
  { repository, snapshots }: Pick<NodeStore, "repository" | "snapshots">,
  threadId: ThreadId,
): Promise<UnixMs> {
  for (const { stage, manifest } of await snapshots.list(threadId)) {
    if (stage !== "kept" || (await isFollowed(repository, threadId, manifest.height))) continue;
    const header = await repository.header(manifest.blockId);
    if (header !== null) return header.timeMs;
  }
  return unixMs(0);
}

/** Of what was fetched together with a snapshot, nothing but the blocks is known. */
async function isFollowed(repository: NodeStore["repository"], threadId: ThreadId, at: Height): Promise<boolean> {
  const below = height(at - 1n);
  const [record] = await repository.finalRange(threadId, below, 1);
  return record?.height === below && record.facts.length > 0;
}
