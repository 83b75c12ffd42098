import { SecretKey } from "@chainsafe/blst";
import { assert, err, ok, type Result } from "@sealwright/types";
import { BLS_SECRET_KEY_BYTES } from "./sizes.js";

const KEYGEN_BYTES_MIN = 32;
const KEYGEN_BYTES_MAX = 1_024;
const CHILD_INDEX_MAX = 0xffff_ffff;

/** Why bytes are no secret key; never what they are. */
export type BlsSecretKeyError =
  /** not 32 bytes, zero, or not below the order of the group */
  | { readonly code: "badSecretKey" }
  /** key generation takes 32 to 1,024 bytes of randomness */
  | { readonly code: "badKeygenSize"; readonly sizeBytes: number };

/** A key that signs. Real and fake schemes both make them, so simulations can take the cheap one. */
export interface BlsSigningKey {
  /** 48 bytes */
  publicKey(): Uint8Array;
  /** @returns 96 bytes; the same message always gives the same signature */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * A secret key of BLS12-381, minimal-pubkey-size, proof-of-possession ciphersuite
 * (`BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_`). Signing blocks its thread for about 0.5 ms.
 */
export class BlsSecretKey implements BlsSigningKey {
  readonly #key: SecretKey;
  #publicKey: Uint8Array | null = null;

  private constructor(key: SecretKey) {
    this.#key = key;
  }

  /** @param bytes the scalar, 32 bytes big-endian */
  static fromBytes(bytes: Uint8Array): Result<BlsSecretKey, BlsSecretKeyError> {
    if (bytes.length !== BLS_SECRET_KEY_BYTES) return err({ code: "badSecretKey" });
    try {
      return ok(new BlsSecretKey(SecretKey.fromBytes(bytes)));
    } catch {
      return err({ code: "badSecretKey" });
    }
  }

  /**
   * The master key of EIP-2333.
   * @param randomness 32 to 1,024 bytes that nobody can guess; they determine the key
   */
  static fromKeygen(randomness: Uint8Array): Result<BlsSecretKey, BlsSecretKeyError> {
    const sizeBytes = randomness.length;
    if (sizeBytes < KEYGEN_BYTES_MIN || sizeBytes > KEYGEN_BYTES_MAX) return err({ code: "badKeygenSize", sizeBytes });
    return ok(new BlsSecretKey(SecretKey.deriveMasterEip2333(randomness)));
  }

  /** The child key of EIP-2333. @param index 0 to 2^32 - 1 */
  deriveChild(index: number): BlsSecretKey {
    assert(
      Number.isInteger(index) && index >= 0 && index <= CHILD_INDEX_MAX,
      "a child index is an unsigned 32-bit number",
    );
    return new BlsSecretKey(this.#key.deriveChildEip2333(index));
  }

  /** The secret itself, 32 bytes big-endian: for encrypted storage and for handing to a crypto pool only. */
  toBytes(): Uint8Array {
    return this.#key.toBytes();
  }

  publicKey(): Uint8Array {
    this.#publicKey ??= this.#key.toPublicKey().toBytes();
    return this.#publicKey.slice();
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#key.sign(message).toBytes();
  }
}
