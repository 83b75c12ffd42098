import { type Height, height } from "@sealwright/types";
import type { NodeBackend } from "../backend/nodeBackend.js";
import type { BlockHeadline, ThreadRecord } from "../backend/records.js";

/** A thread's final blocks beside a moment. */
export interface BlocksAround {
  /** The newest one made until then; null when the thread had only its genesis. */
  readonly until: BlockHeadline | null;
  /** The first one made later; null when there is none yet. */
  readonly later: BlockHeadline | null;
}

/**
 * Looks among the final blocks, whose times never fall: a dozen reads for a million blocks.
 * @returns null when what was then is not kept here any more
 */
export async function blocksAround(
  backend: NodeBackend,
  thread: ThreadRecord,
  timeMs: number,
): Promise<BlocksAround | null> {
  const newest = thread.final?.height ?? height(0);
  const read = async (at: Height): Promise<BlockHeadline | null> =>
    at > newest ? null : ((await backend.blocks({ threadId: thread.threadId, from: at, limit: 1 }))[0] ?? null);
  const oldest = await read(height(1));
  if (oldest === null) return { until: null, later: null };
  if (oldest.header.timeMs > timeMs) return oldest.header.height > 1n ? null : { until: null, later: oldest };
  let until = oldest;
  let end = newest + 1n;
  while (until.header.height + 1n < end) {
    const middle = await read(height((until.header.height + end) / 2n));
    // Pruning went past it meanwhile.
    if (middle === null) return null;
    if (middle.header.timeMs <= timeMs) until = middle;
    else end = middle.header.height;
  }
  return { until, later: await read(height(until.header.height + 1n)) };
}
