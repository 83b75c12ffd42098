import { hash } from "node:crypto";

export const HASH_BYTES = 32;
export const ZERO_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

/** SHA-256, one shot: the only hash of the protocol. */
export function sha256(data: Uint8Array): Uint8Array {
  // A plain view: a Buffer would bring its own `slice`, which shares memory where a Uint8Array copies.
  const digest = hash("sha256", data, "buffer");
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength);
}

/** SHA-256 as 64 lower-case hex digits, cheaper than hashing and converting apart. */
export function sha256Hex(data: Uint8Array): string {
  return hash("sha256", data, "hex");
}
