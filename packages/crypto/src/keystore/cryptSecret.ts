import { createCipheriv, timingSafeEqual } from "node:crypto";
import { concatBytes, sha256 } from "@sealwright/types";

/** AES-128-CTR with the first half of the derived key; the same call encrypts and decrypts. */
export function cryptSecret(derivedKey: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-ctr", derivedKey.subarray(0, 16), iv);
  return concatBytes(cipher.update(bytes), cipher.final());
}

/** SHA-256 over the second half of the derived key and the encrypted secret. */
export function checksumOf(derivedKey: Uint8Array, encrypted: Uint8Array): Uint8Array {
  return sha256(concatBytes(derivedKey.subarray(16, 32), encrypted));
}

export function checksumMatches(derivedKey: Uint8Array, encrypted: Uint8Array, checksum: Uint8Array): boolean {
  const expected = checksumOf(derivedKey, encrypted);
  return expected.length === checksum.length && timingSafeEqual(expected, checksum);
}
