import { hash } from "node:crypto";
import { HASH_BYTES } from "@sealwright/types";

/**
 * A SHA-256 digest as a string of 32 characters, one per byte. Made and kept in one small object; as a byte array it
 * costs three times as long to make, and a buffer outside of the heap that the collector must visit. States hold
 * millions of them: the paths of accounts. What only hashes and is hashed again keeps words instead, see `Hashed`.
 */
export type Digest = string;

export function digestOf(data: Uint8Array): Digest {
  return hash("sha256", data, "binary");
}

export function digestFromBytes(bytes: Uint8Array, offset = 0): Digest {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, HASH_BYTES).toString("latin1");
}

export function digestBytes(digest: Digest): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES);
  writeDigest(asBuffer(bytes), digest, 0);
  return bytes;
}

export function writeDigest(into: Buffer, digest: Digest, offset: number): void {
  into.write(digest, offset, HASH_BYTES, "latin1");
}

/** A view, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
