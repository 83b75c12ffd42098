import { hash } from "node:crypto";

/** Of SHA-256. */
export const HASH_BYTES = 32;
/** Fills odd levels of Merkle trees; shared, so nobody may write into it. */
export const ZERO_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

/** SHA-256, one shot: the only hash of the protocol. */
export function sha256(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES);
  sha256Into(data, bytes, 0);
  return bytes;
}

/** As `sha256`, written into a place of a larger array. */
export function sha256Into(data: Uint8Array, into: Uint8Array, at: number): void {
  // By way of a string: "buffer" costs twice as much and leaves the garbage collector a native buffer for each call.
  const digest = hash("sha256", data, "binary");
  for (let i = 0; i < HASH_BYTES; i++) into[at + i] = digest.charCodeAt(i);
}

/** SHA-256 as 64 lower-case hex digits, cheaper than hashing and converting apart. */
export function sha256Hex(data: Uint8Array): string {
  return hash("sha256", data, "hex");
}
