import { concatBytes } from "@sealwright/types";
import { blake2b256 } from "./blake2b.js";

const EMPTY_ROOT = blake2b256(new Uint8Array());

/**
 * Root of the operation trees. Every item is hashed once more to make a leaf, the last leaf is repeated up to a power of
 * two, and no item at all gives the hash of nothing. Cost: linear in the items.
 * Two lists share a root when one only repeats the last item of the other: a root alone does not say how many there are.
 */
export function merkleRoot(items: readonly Uint8Array[]): Uint8Array {
  let row = items.map(blake2b256);
  let filler = row.at(-1);
  if (filler === undefined) return EMPTY_ROOT.slice();
  // `filler` is the root of a subtree of nothing but repeated leaves, one row higher each time: never one hash per copy.
  while (row.length > 1) {
    row = parentsOf(row, filler);
    filler = nodeOf(filler, filler);
  }
  return row[0] ?? EMPTY_ROOT.slice();
}

function parentsOf(row: readonly Uint8Array[], filler: Uint8Array): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i < row.length; i += 2) parents.push(nodeOf(row[i] ?? filler, row[i + 1] ?? filler));
  return parents;
}

function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return blake2b256(concatBytes(left, right));
}
