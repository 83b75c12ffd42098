import { hashInto } from "@chainsafe/hashtree";
import { assert } from "./assert.js";
import { equalBytes } from "./bytes.js";
import { HASH_BYTES, sha256, sha256Into, ZERO_HASH } from "./hash.js";

/**
 * Binary SHA-256 Merkle trees over a list of items.
 *
 * leaf = SHA-256(0x00 || item); node = SHA-256(left || right); an odd level is completed with the zero hash;
 * root of a list = SHA-256(tree root || u64 count). The count is what keeps a list from posing as a padded one, and an
 * item from posing as a node: it fixes the depth, so every path has one length. The prefix alone would not, as a node
 * over a left hash that begins with a zero byte is hashed like a leaf of 63 bytes.
 */

const LEAF_PREFIX = 0;
const WORD = 0x1_0000_0000;

/** Proof that an item stands at `index` of a list of `count` items; `siblings` lead from the leaf to the root. */
export interface InclusionProof {
  readonly index: number;
  readonly count: number;
  readonly siblings: readonly Uint8Array[];
}

/** Hash of one item as it stands in a list's tree. */
export function merkleLeaf(item: Uint8Array): Uint8Array {
  return sha256(leafInput(item));
}

/** Root of a list of items. Cost: two hashes per item, the inner ones in batches. */
export function merkleRoot(items: readonly Uint8Array[]): Uint8Array {
  if (items.length === 0) return EMPTY_ROOT.slice();
  return withCount(topOf(buildLevels(leavesOf(items))), items.length);
}

/** @param index of an item that is there, or it is the caller's bug. Cost: that of `merkleRoot`. */
export function merkleProof(items: readonly Uint8Array[], index: number): InclusionProof {
  assert(Number.isInteger(index) && index >= 0 && index < items.length, "proof index outside the list");
  const levels = buildLevels(leavesOf(items));
  const siblings: Uint8Array[] = [];
  let position = index;
  for (const level of levels.slice(0, -1)) {
    const sibling = (position ^ 1) * HASH_BYTES;
    siblings.push(sibling < level.length ? level.slice(sibling, sibling + HASH_BYTES) : ZERO_HASH);
    position >>= 1;
  }
  return { index, count: items.length, siblings };
}

/** @returns whether `item` stands at `proof.index` of the list with this root; total, for any hostile proof */
export function verifyInclusion(root: Uint8Array, item: Uint8Array, proof: InclusionProof): boolean {
  // A proof may have come as JSON: without this an infinite count would be halved for ever.
  if (!Number.isSafeInteger(proof.count) || !Number.isInteger(proof.index)) return false;
  if (proof.index < 0 || proof.index >= proof.count) return false;
  if (proof.siblings.length !== treeDepth(proof.count)) return false;
  let node = merkleLeaf(item);
  let position = proof.index;
  for (const sibling of proof.siblings) {
    if (sibling.length !== HASH_BYTES) return false;
    node = position % 2 === 0 ? hashNode(node, sibling) : hashNode(sibling, node);
    position = Math.floor(position / 2);
  }
  return equalBytes(withCount(node, proof.count), root);
}

/** Length of every inclusion path in a list of `count` items. */
export function treeDepth(count: number): number {
  let depth = 0;
  for (let width = count; width > 1; width = Math.ceil(width / 2)) depth++;
  return depth;
}

/** Hash of two neighbours, as it stands one level above them. @param left 32 bytes, as `right` */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(2 * HASH_BYTES);
  input.set(left);
  input.set(right, HASH_BYTES);
  return hashLevel(input);
}

/** A place for leaves to be hashed in, as most are small and a byte array of their own costs more than their hash. */
const smallLeaf = new Uint8Array(512);

function leafInput(item: Uint8Array): Uint8Array {
  const length = item.length + 1;
  const input = length <= smallLeaf.length ? smallLeaf.subarray(0, length) : new Uint8Array(length);
  input[0] = LEAF_PREFIX;
  input.set(item, 1);
  return input;
}

/** The leaves of a list as one run of hashes. */
function leavesOf(items: readonly Uint8Array[]): Uint8Array {
  const leaves = new Uint8Array(items.length * HASH_BYTES);
  items.forEach((item, i) => sha256Into(leafInput(item), leaves, i * HASH_BYTES));
  return leaves;
}

/** All levels, leaves first, each as one run of hashes. */
function buildLevels(leaves: Uint8Array): Uint8Array[] {
  let level = leaves;
  const levels = [level];
  while (level.length > HASH_BYTES) {
    level = hashLevel(level);
    levels.push(level);
  }
  return levels;
}

function hashLevel(level: Uint8Array): Uint8Array<ArrayBuffer> {
  const odd = level.length % (2 * HASH_BYTES) !== 0;
  const input = odd ? new Uint8Array(level.length + HASH_BYTES) : level;
  if (odd) input.set(level);
  // Into memory of our own: outputs that the native side allocates make the garbage collector work for each of them.
  const output = new Uint8Array(input.length / 2);
  hashInto(input, output);
  return output;
}

function topOf(levels: readonly Uint8Array[]): Uint8Array {
  const top = levels[levels.length - 1];
  return top === undefined || top.length === 0 ? ZERO_HASH : top;
}

function withCount(root: Uint8Array, count: number): Uint8Array {
  const input = new Uint8Array(HASH_BYTES + 8);
  input.set(root);
  const view = new DataView(input.buffer);
  view.setUint32(HASH_BYTES, Math.floor(count / WORD));
  view.setUint32(HASH_BYTES + 4, count % WORD);
  return sha256(input);
}

/** Most lists of most blocks are empty. */
const EMPTY_ROOT = withCount(ZERO_HASH, 0);
