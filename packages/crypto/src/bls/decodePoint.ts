import { PublicKey, Signature } from "@chainsafe/blst";
import { BLS_PUBLIC_KEY_BYTES, BLS_SIGNATURE_BYTES } from "@sealwright/types";
import { LruCache } from "../lruCache.js";

const PUBLIC_KEYS_CACHED_MAX = 16_384;

// Decoding and checking a key costs as much as 1/15 of a verification, and keepers' keys come again with every
// block. Only valid keys are kept, so a flood of garbage evicts nothing.
const validPublicKeys = new LruCache<PublicKey>(PUBLIC_KEYS_CACHED_MAX);

/**
 * @returns the point, or null when the bytes are not a compressed point of the right subgroup, or are its identity.
 * Only the 48-byte form is taken: a key has one spelling.
 */
export function decodePublicKey(bytes: Uint8Array): PublicKey | null {
  if (bytes.length !== BLS_PUBLIC_KEY_BYTES) return null;
  const cacheKey = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const known = validPublicKeys.get(cacheKey);
  if (known !== undefined) return known;
  const key = orNull(() => PublicKey.fromBytes(bytes, true));
  if (key !== null) validPublicKeys.set(cacheKey, key);
  return key;
}

/** @returns the keys in order, or null when one of them is bad or there is none */
export function decodePublicKeys(list: readonly Uint8Array[]): PublicKey[] | null {
  if (list.length === 0) return null;
  const keys: PublicKey[] = [];
  for (const bytes of list) {
    const key = decodePublicKey(bytes);
    if (key === null) return null;
    keys.push(key);
  }
  return keys;
}

/** @returns the point, or null when the bytes are not a compressed point of the right subgroup, or are its identity */
export function decodeSignature(bytes: Uint8Array): Signature | null {
  if (bytes.length !== BLS_SIGNATURE_BYTES) return null;
  return orNull(() => Signature.fromBytes(bytes, true, true));
}

/** blst speaks of bad bytes by throwing; here that is an answer, since the bytes come from peers. */
function orNull<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch {
    return null;
  }
}
