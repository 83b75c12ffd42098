import { HASH_BYTES } from "@sealwright/types";

export const HASH_WORDS = HASH_BYTES / 4;

/**
 * What has a SHA-256 hash, kept as eight 32-bit words in the order of their bytes. Neither a string nor a byte array: both
 * cost a native call each time they are made or copied, and an update hashes thousands of branches.
 */
export abstract class Hashed {
  h0 = 0;
  h1 = 0;
  h2 = 0;
  h3 = 0;
  h4 = 0;
  h5 = 0;
  h6 = 0;
  h7 = 0;
}

/** Nothing has a hash of zeros. */
export function writeWords(node: Hashed | null, into: Int32Array, at: number): void {
  if (node === null) {
    into.fill(0, at, at + HASH_WORDS);
    return;
  }
  into[at] = node.h0;
  into[at + 1] = node.h1;
  into[at + 2] = node.h2;
  into[at + 3] = node.h3;
  into[at + 4] = node.h4;
  into[at + 5] = node.h5;
  into[at + 6] = node.h6;
  into[at + 7] = node.h7;
}

export function readWords(node: Hashed, from: Int32Array, at: number): void {
  node.h0 = from[at]!;
  node.h1 = from[at + 1]!;
  node.h2 = from[at + 2]!;
  node.h3 = from[at + 3]!;
  node.h4 = from[at + 4]!;
  node.h5 = from[at + 5]!;
  node.h6 = from[at + 6]!;
  node.h7 = from[at + 7]!;
}

export function wordBytes(node: Hashed | null): Uint8Array {
  const words = new Int32Array(HASH_WORDS);
  writeWords(node, words, 0);
  return new Uint8Array(words.buffer);
}
