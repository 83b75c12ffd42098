import { blake2b } from "@noble/hashes/blake2.js";

export const BLAKE2B_256_BYTES = 32;
export const BLAKE2B_160_BYTES = 20;

/** Keyless blake2b with 32 bytes of output: every hash of the chain except key hashes. */
export function blake2b256(data: Uint8Array): Uint8Array {
  return blake2b(data, { dkLen: BLAKE2B_256_BYTES });
}

/** Keyless blake2b with 20 bytes of output: hashes of public keys. */
export function blake2b160(data: Uint8Array): Uint8Array {
  return blake2b(data, { dkLen: BLAKE2B_160_BYTES });
}
