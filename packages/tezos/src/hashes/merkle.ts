import { concatBytes } from "@sealwright/types";
import { blake2b256 } from "./blake2b.js";

const EMPTY_ROOT = blake2b256(new Uint8Array());

/**
 * Root of the operation trees. Every item is hashed once more to make a leaf, the last leaf is repeated up to a power of
 * two, and no item at all gives the hash of nothing. Cost: linear in the items, repetition included.
 * Two lists can share a root when one repeats its last item: callers compare the lists' operations, not only roots.
 */
export function merkleRoot(items: readonly Uint8Array[]): Uint8Array {
  let row = items.map(blake2b256);
  if (row.length === 0) return EMPTY_ROOT.slice();
  // A row of odd length ends in the subtree that repeats the last leaf. Its root equals its sibling's, which is repeated.
  while (row.length > 1) row = parentsOf(row);
  return row[0] ?? EMPTY_ROOT.slice();
}

function parentsOf(row: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i < row.length; i += 2) {
    const left = row[i] ?? EMPTY_ROOT;
    parents.push(blake2b256(concatBytes(left, row[i + 1] ?? left)));
  }
  return parents;
}
