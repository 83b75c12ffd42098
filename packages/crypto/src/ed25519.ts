import { err, ok, type Result } from "@sealwright/types";
import sodium from "sodium-native";

/** Length of the seed of a secret key. */
export const ED25519_SEED_BYTES = 32;
/** Length of a public key. */
export const ED25519_PUBLIC_KEY_BYTES = 32;
/** Length of a signature. */
export const ED25519_SIGNATURE_BYTES = 64;

/** libsodium's secret key: seed ‖ public key. */
const EXPANDED_KEY_BYTES = 64;

/** One signature to be checked: who is said to have signed what. */
export type Ed25519Signed = {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
};

/** An Ed25519 key made from its 32-byte seed. */
export class Ed25519SecretKey {
  readonly #expanded: Buffer;
  readonly #publicKey: Uint8Array;

  private constructor(expanded: Buffer, publicKey: Uint8Array) {
    this.#expanded = expanded;
    this.#publicKey = publicKey;
  }

  static fromSeed(
    seed: Uint8Array,
  ): Result<Ed25519SecretKey, { readonly code: "badSeed"; readonly sizeBytes: number }> {
    if (seed.length !== ED25519_SEED_BYTES) return err({ code: "badSeed", sizeBytes: seed.length });
    const publicKey = Buffer.alloc(ED25519_PUBLIC_KEY_BYTES);
    const expanded = Buffer.alloc(EXPANDED_KEY_BYTES);
    sodium.crypto_sign_seed_keypair(publicKey, expanded, asBuffer(seed));
    return ok(new Ed25519SecretKey(expanded, new Uint8Array(publicKey)));
  }

  /** The seed itself: for encrypted storage only. */
  toSeed(): Uint8Array {
    return new Uint8Array(this.#expanded.subarray(0, ED25519_SEED_BYTES));
  }

  publicKey(): Uint8Array {
    return this.#publicKey.slice();
  }

  /** @returns 64 bytes; the same message always gives the same signature */
  sign(message: Uint8Array): Uint8Array {
    const signature = Buffer.alloc(ED25519_SIGNATURE_BYTES);
    sodium.crypto_sign_detached(signature, asBuffer(message), this.#expanded);
    return new Uint8Array(signature);
  }
}

/**
 * The one Ed25519 check of the network, about 0.07 ms. Libraries differ on crafted signatures (small-order points,
 * unreduced scalars), and two answers to one signature would split the chain: never check with another library.
 * Bad bytes give false.
 */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES || signature.length !== ED25519_SIGNATURE_BYTES) return false;
  return sodium.crypto_sign_verify_detached(asBuffer(signature), asBuffer(message), asBuffer(publicKey));
}

/** @returns one byte per item, in order: 1 good, 0 bad. Each is checked for itself. */
export function ed25519VerifyBatch(items: readonly Ed25519Signed[]): Uint8Array {
  return Uint8Array.from(items, (item) => (ed25519Verify(item.publicKey, item.message, item.signature) ? 1 : 0));
}

/** A view, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
