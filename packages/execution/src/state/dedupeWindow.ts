import {
  assert,
  concatBytes,
  type Height,
  type MessageHash,
  idBytes,
  sha256,
  type UnixMs,
  ZERO_HASH,
} from "@sealwright/types";
import { dedupeKey } from "./entryKeys.js";
import { hasHash, mergeHashes, type SortedHashes } from "./sortedHashes.js";

/** Hashes that one block added to one bucket: the form in which they are stored. */
export interface DedupeEntry {
  readonly second: number;
  readonly height: Height;
  readonly hashes: SortedHashes;
}

/** The messages of one expiry second. */
interface Bucket {
  /** c' = SHA-256(c || hashes), block by block: an addition costs what it adds. */
  readonly commitment: Uint8Array;
  readonly heights: HeightList;
  /** Each at least twice as large as the next, so that a lookup searches few of them. */
  readonly layers: readonly SortedHashes[];
}

interface HeightList {
  readonly height: Height;
  readonly before: HeightList | null;
}

/**
 * Hashes of the external messages that the thread executed and that have not expired (protocol M1), in buckets by the
 * second of their expiry. A message's bytes decide its expiry, so a duplicate is always looked for in one bucket.
 * Immutable; a bucket leaves when its whole second is before the block's time.
 */
export class DedupeWindow {
  static readonly empty = new DedupeWindow(new Map());

  /** Over all buckets, 32 bytes. */
  readonly commitment: Uint8Array;
  /** Ascending by second. */
  readonly #buckets: ReadonlyMap<number, Bucket>;

  private constructor(buckets: ReadonlyMap<number, Bucket>) {
    this.#buckets = buckets;
    this.commitment = commitmentOf(buckets);
  }

  /** From stored entries, in any order, at most one per second and height. */
  static fromEntries(entries: readonly DedupeEntry[]): DedupeWindow {
    const buckets = new Map<number, Bucket>();
    const ordered = [...entries].sort((a, b) => a.second - b.second || (a.height < b.height ? -1 : 1));
    for (const entry of ordered) buckets.set(entry.second, withEntry(buckets.get(entry.second), entry));
    return new DedupeWindow(buckets);
  }

  has(hash: MessageHash, expiresAtMs: UnixMs): boolean {
    const bucket = this.#buckets.get(secondOf(expiresAtMs));
    if (bucket === undefined) return false;
    const bytes = idBytes(hash);
    return bucket.layers.some((layer) => hasHash(layer, bytes));
  }

  /** Keys of the entries that leave with a block of this time, ascending. */
  leavingKeys(timeMs: UnixMs): Uint8Array[] {
    const keys: Uint8Array[] = [];
    for (const [second, bucket] of this.#buckets) {
      if (!isOver(second, timeMs)) break;
      const ofBucket: Uint8Array[] = [];
      for (let at: HeightList | null = bucket.heights; at !== null; at = at.before)
        ofBucket.push(dedupeKey(second, at.height));
      keys.push(...ofBucket.reverse());
    }
    return keys;
  }

  /** The window after a block of this time that added these entries, all of one height above all before. */
  advance(timeMs: UnixMs, added: readonly DedupeEntry[]): DedupeWindow {
    const leaves = [...this.#buckets.keys()].some((second) => isOver(second, timeMs));
    if (!leaves && added.length === 0) return this;
    const buckets = new Map([...this.#buckets].filter(([second]) => !isOver(second, timeMs)));
    for (const entry of added) {
      assert(!isOver(entry.second, timeMs), "a block holds no expired message");
      buckets.set(entry.second, withEntry(buckets.get(entry.second), entry));
    }
    return new DedupeWindow(new Map([...buckets].sort(([a], [b]) => a - b)));
  }
}

export function secondOf(timeMs: UnixMs): number {
  return Math.floor(timeMs / 1_000);
}

/** One entry from the hashes that a block adds to one second. */
export function dedupeEntry(second: number, height: Height, hashes: readonly MessageHash[]): DedupeEntry {
  return { second, height, hashes: new Uint8Array(Buffer.from([...hashes].sort().join(""), "hex")) };
}

function isOver(second: number, timeMs: UnixMs): boolean {
  return (second + 1) * 1_000 <= timeMs;
}

function withEntry(bucket: Bucket | undefined, entry: DedupeEntry): Bucket {
  assert(bucket === undefined || bucket.heights.height < entry.height, "heights grow along a chain");
  return {
    commitment: sha256(concatBytes(bucket?.commitment ?? ZERO_HASH, entry.hashes)),
    heights: { height: entry.height, before: bucket?.heights ?? null },
    layers: withLayer(bucket?.layers ?? [], entry.hashes),
  };
}

function withLayer(layers: readonly SortedHashes[], added: SortedHashes): readonly SortedHashes[] {
  const result = [...layers];
  let last = added;
  for (let above = result.at(-1); above !== undefined && above.length < 2 * last.length; above = result.at(-1)) {
    last = mergeHashes(above, last);
    result.pop();
  }
  result.push(last);
  return result;
}

function commitmentOf(buckets: ReadonlyMap<number, Bucket>): Uint8Array {
  const input = Buffer.alloc(buckets.size * 40);
  let at = 0;
  for (const [second, bucket] of buckets) {
    at = input.writeBigUInt64BE(BigInt(second), at);
    input.set(bucket.commitment, at);
    at += bucket.commitment.length;
  }
  return sha256(input);
}
