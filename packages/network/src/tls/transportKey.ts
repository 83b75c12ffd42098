import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { assert, concatBytes, type Random } from "@sealwright/types";

/** Of an Ed25519 seed, and of its public key. */
export const TRANSPORT_KEY_BYTES = 32;

/** A keeper's Ed25519 transport key. It proves who speaks on a connection and signs nothing else. */
export interface TransportKey {
  /** 32 secret bytes, as kept in the keeper's key file. */
  readonly seed: Uint8Array;
  /** 32 bytes, as listed in the genesis document. */
  readonly publicKey: Uint8Array;
}

/** A fresh key from `random`, which must be the operating system's outside of tests. */
export function generateTransportKey(random: Random): TransportKey {
  return transportKeyFromSeed(random.bytes(TRANSPORT_KEY_BYTES));
}

/** @param seed exactly 32 bytes; another length throws: whoever reads a key file checks it first */
export function transportKeyFromSeed(seed: Uint8Array): TransportKey {
  return { seed, publicKey: rawPublicKey(createPublicKey(privateKeyOf(seed)))! };
}

/** RFC 8410: an Ed25519 private key in PKCS #8 is this prefix and the seed. */
const PKCS8_PREFIX = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);

export function privateKeyOf(seed: Uint8Array): KeyObject {
  assert(seed.length === TRANSPORT_KEY_BYTES, `a transport seed has ${TRANSPORT_KEY_BYTES} bytes, got ${seed.length}`);
  return createPrivateKey({ key: Buffer.from(concatBytes(PKCS8_PREFIX, seed)), format: "der", type: "pkcs8" });
}

/** @returns the 32 bytes of an Ed25519 key, null for a key of any other kind */
export function rawPublicKey(key: KeyObject): Uint8Array | null {
  if (key.asymmetricKeyType !== "ed25519") return null;
  // An Ed25519 SubjectPublicKeyInfo ends in the raw key; its length is fixed by RFC 8410.
  return new Uint8Array(key.export({ type: "spki", format: "der" }).subarray(-TRANSPORT_KEY_BYTES));
}
