import { assert } from "./assert.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { sha256 } from "./hash.js";
import { type AccountId, type BlockId, DEFAULT_THREAD_ID, idBytes, type ThreadId } from "./ids.js";

/** One thread and the account ids that belong to it: those whose first `prefixLength` bits equal `prefix`. */
export interface ThreadRoute {
  readonly threadId: ThreadId;
  readonly prefix: number;
  readonly prefixLength: number;
}

/** A division of all account ids among threads; the prefixes cover everything exactly once. */
export type ThreadsTable = readonly ThreadRoute[];

/** Of a network. */
export const THREADS_MAX = 256;
const PREFIX_BITS_MAX = 16;

/** The default thread is all zeros; the others name their index and the block that spawned them. */
export function threadIdAt(index: number, spawnedBy: BlockId): ThreadId {
  assert(index >= 0 && index < THREADS_MAX, `thread index out of range: ${index}`);
  if (index === 0) return DEFAULT_THREAD_ID;
  return (index.toString(16).padStart(4, "0") + spawnedBy) as ThreadId;
}

/** 0 for the default thread; what people type instead of 68 digits. */
export function threadIndexOf(threadId: ThreadId): number {
  return Number.parseInt(threadId.slice(0, 4), 16);
}

/** Divides the account space among `count` threads by halving the widest share first. */
export function createThreadsTable(count: number, spawnedBy: BlockId): ThreadsTable {
  assert(count >= 1 && count <= THREADS_MAX, `thread count out of range: ${count}`);
  const shares = [{ prefix: 0, prefixLength: 0 }];
  while (shares.length < count) {
    const widest = shares.reduce((a, b) => (b.prefixLength < a.prefixLength ? b : a));
    const half = { prefix: widest.prefix * 2, prefixLength: widest.prefixLength + 1 };
    shares.splice(shares.indexOf(widest), 1, half, { ...half, prefix: half.prefix + 1 });
  }
  return shares.map((share, index) => ({ threadId: threadIdAt(index, spawnedBy), ...share }));
}

/** The thread of an account: a function of the table and the id's leading bits alone. */
export function threadOf(table: ThreadsTable, account: AccountId): ThreadId {
  const lead = Number.parseInt(account.slice(0, PREFIX_BITS_MAX / 4), 16);
  const route = table.find((entry) => lead >>> (PREFIX_BITS_MAX - entry.prefixLength) === entry.prefix);
  assert(route !== undefined, "a threads table covers every account");
  return route.threadId;
}

/** What a header shows as its `threadsTable` root. */
export function threadsTableHash(table: ThreadsTable): Uint8Array {
  const writer = new ByteWriter();
  writer.list(table, (w, route) => w.fixed(idBytes(route.threadId), 34).u16(route.prefix).u8(route.prefixLength));
  return sha256(writer.finish());
}
