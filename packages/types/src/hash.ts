import { hash } from "node:crypto";

export const HASH_BYTES = 32;
export const ZERO_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

/** SHA-256, one shot: the only hash of the protocol. */
export function sha256(data: Uint8Array): Uint8Array {
  // By way of a string: "buffer" costs twice as much and leaves the garbage collector a native buffer for each call.
  const digest = hash("sha256", data, "binary");
  const bytes = new Uint8Array(HASH_BYTES);
  for (let i = 0; i < HASH_BYTES; i++) bytes[i] = digest.charCodeAt(i);
  return bytes;
}

/** SHA-256 as 64 lower-case hex digits, cheaper than hashing and converting apart. */
export function sha256Hex(data: Uint8Array): string {
  return hash("sha256", data, "hex");
}
