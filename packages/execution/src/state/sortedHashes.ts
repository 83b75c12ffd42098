import { HASH_BYTES } from "@sealwright/types";

/** A run of 32-byte hashes, strictly ascending, end to end: a set without an object per member. */
export type SortedHashes = Uint8Array;

export function isSortedHashes(bytes: Uint8Array): boolean {
  if (bytes.length % HASH_BYTES !== 0) return false;
  for (let at = HASH_BYTES; at < bytes.length; at += HASH_BYTES) {
    if (compareAt(bytes, at - HASH_BYTES, bytes, at) >= 0) return false;
  }
  return true;
}

/** Binary search. */
export function hasHash(run: SortedHashes, hash: Uint8Array): boolean {
  let low = 0;
  let high = run.length / HASH_BYTES;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareAt(run, middle * HASH_BYTES, hash, 0);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** Union of two runs; a hash in both stays twice, which harms nothing and only a lying update can bring about. */
export function mergeHashes(a: SortedHashes, b: SortedHashes): SortedHashes {
  const merged = new Uint8Array(a.length + b.length);
  let atA = 0;
  let atB = 0;
  while (atA < a.length && atB < b.length) {
    const order = compareAt(a, atA, b, atB);
    const [run, at] = order < 0 ? [a, atA] : [b, atB];
    for (let i = 0; i < HASH_BYTES; i++) merged[atA + atB + i] = run[at + i]!;
    if (order < 0) atA += HASH_BYTES;
    else atB += HASH_BYTES;
  }
  merged.set(a.subarray(atA), atA + atB);
  merged.set(b.subarray(atB), a.length + atB);
  return merged;
}

function compareAt(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < HASH_BYTES; i++) {
    const difference = a[atA + i]! - b[atB + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
