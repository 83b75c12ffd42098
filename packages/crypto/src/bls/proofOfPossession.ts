import { assert, BLS_PUBLIC_KEY_BYTES, concatBytes } from "@sealwright/types";
import type { BlsSigningKey } from "./blsSecretKey.js";
import { blsVerify } from "./blsVerify.js";

const KIND = new TextEncoder().encode("POP1");
// Stands where other signed bytes have the network id (32 bytes, a hash): a proof holds on every network, and no
// message of any network can be taken for one.
const LABEL = new TextEncoder().encode("sealwright proof of possession 1");

/**
 * What a proof of possession signs: "POP1" ‖ 32-byte label ‖ the key itself (48 bytes).
 * The library fixes the ciphersuite's domain tag to the one for signatures, so the separation is in the message;
 * nothing else in the system signs bytes that start with "POP1".
 */
export function possessionMessage(publicKey: Uint8Array): Uint8Array {
  assert(publicKey.length === BLS_PUBLIC_KEY_BYTES, "a public key has 48 bytes");
  return concatBytes(KIND, LABEL, publicKey);
}

/** Shows that the secret of this key is held, which is what makes adding keys up safe (rogue keys). */
export function provePossession(key: BlsSigningKey): Uint8Array {
  return key.sign(possessionMessage(key.publicKey()));
}

/** Bad bytes give false. */
export function verifyPossession(publicKey: Uint8Array, proof: Uint8Array): boolean {
  if (publicKey.length !== BLS_PUBLIC_KEY_BYTES) return false;
  return blsVerify(publicKey, possessionMessage(publicKey), proof);
}
