import type { StateEntry } from "@sealwright/store";
import { encodeSnapshotChunk, limits, sha256, type SnapshotEntry } from "@sealwright/types";

/** Entries that are read in one go: what a block waits for goes first after so many. */
const ENTRIES_PER_TURN = 256;

/**
 * Cuts a state into chunks, the same on every node: entries in order, and a chunk ends when it reached its size.
 * @param put takes each chunk as it is complete
 * @param yieldTurn lets others have the thread; called often, because nobody waits for a snapshot
 * @returns the chunks' hashes, or null when the state is larger than any snapshot
 */
export async function cutState(
  entries: AsyncIterable<StateEntry>,
  put: (index: number, chunk: Uint8Array) => Promise<void>,
  yieldTurn: () => Promise<void> = nextTurn,
): Promise<Uint8Array[] | null> {
  const hashes: Uint8Array[] = [];
  let inTurn = 0;
  let open: SnapshotEntry[] = [];
  let bytes = 0;
  const close = async (): Promise<void> => {
    const chunk = encodeSnapshotChunk(open);
    await yieldTurn();
    await put(hashes.length, chunk);
    hashes.push(sha256(chunk));
    [open, bytes] = [[], 0];
    await yieldTurn();
  };
  for await (const { key, value } of entries) {
    if (hashes.length === limits.SNAPSHOT_CHUNKS_MAX) return null;
    open.push({ key, value });
    bytes += key.length + value.length + 8;
    if (bytes >= limits.SNAPSHOT_CHUNK_BYTES) await close();
    if (++inTurn % ENTRIES_PER_TURN === 0) await yieldTurn();
  }
  if (open.length > 0 || hashes.length === 0) await close();
  return hashes;
}

/** Pending input, timers and the answers of workers go first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
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
