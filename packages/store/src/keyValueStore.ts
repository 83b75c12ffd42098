import { compareBytes, concatBytes } from "@sealwright/types";

/** One change of a batch. Keys are not empty. */
export type KeyValueOp =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly key: Uint8Array };

/** One key and its value. */
export interface KeyValueEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Keys `from` (inclusive) to `to` (exclusive), bytewise; at most `limit` entries. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly order: "ascending" | "descending";
  readonly limit: number;
}

/** How durable a commit is to be. */
export interface CommitOptions {
  /** True: resolved means synced to disk. False: resolved means readable, and a power cut may still lose it. */
  readonly durable: boolean;
}

/** `failed`: a write failed; reads go on, writes are refused until the store is opened again. */
export type StoreStatus = "open" | "failed" | "closed";

/**
 * An ordered map on disk. All methods reject with `StoreError`.
 *
 * Commits take effect in the order of the calls, each as a whole or not at all. While one is being written the next
 * ones gather and share one sync. What was committed without `durable` is not covered by a later durable commit.
 */
export interface KeyValueStore extends AsyncDisposable {
  readonly status: StoreStatus;
  get(key: Uint8Array): Promise<Uint8Array | null>;
  /**
   * The same without leaving the thread, for small records that are looked up all the time and as a rule still lie in
   * memory: a trip to another thread costs more than the look. Throws `StoreError`.
   */
  getSync(key: Uint8Array): Uint8Array | null;
  /** In the order of `keys`; null where nothing is stored. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]>;
  /** Reads from a snapshot taken at the first step: later commits do not show. */
  entries(range: KeyRange): AsyncIterable<KeyValueEntry>;
  commit(ops: readonly KeyValueOp[], options: CommitOptions): Promise<void>;
  /** Waits for the commits under way, then releases the files. Again is harmless. */
  close(): Promise<void>;
}

/** "No limit", for ranges whose consumer streams. */
export const RANGE_ENTRIES_MAX = 0x7fff_ffff;

/** All keys that start with `prefix`. */
export function prefixRange(
  prefix: Uint8Array,
  limit: number = RANGE_ENTRIES_MAX,
  order: KeyRange["order"] = "ascending",
): KeyRange {
  return { from: prefix, to: prefixEnd(prefix), order, limit };
}

/** The first key after all that start with `prefix`, which must hold a byte below 0xff. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! < 0xff) {
      end[i]! += 1;
      return end.subarray(0, i + 1);
    }
  }
  throw new RangeError("no key can follow this prefix");
}

/** The next possible key in bytewise order. */
export function keyAfter(key: Uint8Array): Uint8Array {
  return concatBytes(key, new Uint8Array(1));
}

export function isEmptyRange(range: KeyRange): boolean {
  return range.limit <= 0 || compareBytes(range.from, range.to) >= 0;
}
