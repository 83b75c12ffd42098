import { assert, toHex } from "@sealwright/types";
import type { BlsScheme } from "../bls/blsScheme.js";
import type { BlsSigningKey } from "../bls/blsSecretKey.js";

/** Public key in hex → key. */
export type SignerKeys = ReadonlyMap<string, BlsSigningKey>;

/** @param secrets 32 bytes each, already checked by whoever loaded them: a bad one here is our own bug */
export function openSignerKeys(scheme: BlsScheme, secrets: readonly Uint8Array[]): SignerKeys {
  const keys = new Map<string, BlsSigningKey>();
  for (const secret of secrets) {
    const key = scheme.secretKeyFromBytes(secret);
    assert(key.ok, "a signer key must be a valid secret key");
    keys.set(toHex(key.value.publicKey()), key.value);
  }
  return keys;
}
