import type { StateEntry } from "@sealwright/store";
import { encodeSnapshotChunk, limits, sha256, type SnapshotEntry } from "@sealwright/types";

/**
 * Cuts a state into chunks, the same on every node: entries in order, and a chunk ends when it reached its size.
 * @param put takes each chunk as it is complete
 * @returns the chunks' hashes, or null when the state is larger than any snapshot
 */
export async function cutState(
  entries: AsyncIterable<StateEntry>,
  put: (index: number, chunk: Uint8Array) => Promise<void>,
): Promise<Uint8Array[] | null> {
  const hashes: Uint8Array[] = [];
  let open: SnapshotEntry[] = [];
  let bytes = 0;
  const close = async (): Promise<void> => {
    const chunk = encodeSnapshotChunk(open);
    await put(hashes.length, chunk);
    hashes.push(sha256(chunk));
    [open, bytes] = [[], 0];
  };
  for await (const { key, value } of entries) {
    if (hashes.length === limits.SNAPSHOT_CHUNKS_MAX) return null;
    open.push({ key, value });
    bytes += key.length + value.length + 8;
    if (bytes >= limits.SNAPSHOT_CHUNK_BYTES) await close();
  }
  if (open.length > 0 || hashes.length === 0) await close();
  return hashes;
}

/** Begins to read at once, so that later commits do not show; the rest may be read whenever there is time. */
export async function startReading<T>(items: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = items[Symbol.asyncIterator]();
  const first = await iterator.next();
  return {
    async *[Symbol.asyncIterator]() {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
    },
  };
}
