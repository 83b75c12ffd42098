import type { BlockHeadline } from "@sealwright/api";
import type { Repository, StoredHeadline } from "@sealwright/store";
import { type BlockId, height, type Height, type ThreadId } from "@sealwright/types";

/** Final blocks from a height on, up to the first that is not here. No body is read: a page would take many. */
export async function finalHeadlines(
  repository: Pick<Repository, "finalAt" | "headline" | "block">,
  threadId: ThreadId,
  from: Height,
  limit: number,
): Promise<BlockHeadline[]> {
  const headlines: BlockHeadline[] = [];
  for (let at = from; headlines.length < limit; at = height(at + 1n)) {
    const id = await repository.finalAt(threadId, at);
    const stored = id === null ? null : ((await repository.headline(id)) ?? (await fromBody(repository, id)));
    if (id === null || stored === null) break;
    headlines.push({ ...stored, id, status: "final" });
  }
  return headlines;
}

/** Written by an older version: the header alone stands there. */
async function fromBody(repository: Pick<Repository, "block">, id: BlockId): Promise<StoredHeadline | null> {
  const block = await repository.block(id);
  if (block === null) return null;
  const { header, envelopeHash, bytes, body } = block;
  return { header, envelopeHash, sizeBytes: bytes.length, messageCount: body.externals.length };
}
