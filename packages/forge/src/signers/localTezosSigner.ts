import { type BlsSigner, Ed25519SecretKey } from "@sealwright/crypto";
import { blsScalarBigEndian, type SecretKey, signingDigest } from "@sealwright/tezos";
import { err, ok, type Result, unwrap } from "@sealwright/types";
import { p256 } from "@noble/curves/nist.js";
import secp256k1 from "secp256k1";
import type { KeyId } from "../keyId.js";
import { blsFailure } from "./localBlsSigner.js";
import type { LocalTezosKey } from "./localTezosKey.js";
import type { SignFailure, Signer } from "./signer.js";

const CONCURRENT_MAX = 128;

/** Signs bytes with one key; where it does so is its own business. */
type SignBytes = (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array;

/**
 * tz1 to tz4 keys in this process. tz4 signs on the crypto service, which must have been given `tezosBlsSecrets` of the
 * same keys; the others take well below a millisecond. All schemes are deterministic.
 */
export class LocalTezosSigner implements Signer {
  readonly name = "local Tezos keys";
  readonly concurrentMax = CONCURRENT_MAX;
  readonly refillAt = CONCURRENT_MAX / 2;
  readonly #signers: ReadonlyMap<KeyId, SignBytes>;

  constructor(options: { readonly keys: readonly LocalTezosKey[] }, { service }: { readonly service: BlsSigner }) {
    this.#signers = new Map(options.keys.map((key) => [key.id, signBytesWith(key, service)]));
  }

  keys(): readonly KeyId[] {
    return [...this.#signers.keys()];
  }

  async sign(key: KeyId, bytes: Uint8Array): Promise<Result<Uint8Array, SignFailure>> {
    const sign = this.#signers.get(key);
    if (sign === undefined) return err({ code: "unknownKey", message: `no secret for ${key}`, retryable: false });
    try {
      return ok(await sign(bytes));
    } catch (cause) {
      return err(blsFailure(cause));
    }
  }
}

/** Secrets that the crypto service needs to sign for tz4 keys, big-endian. */
export function tezosBlsSecrets(keys: readonly LocalTezosKey[]): Uint8Array[] {
  return keys.flatMap(({ secret }) => (secret.scheme === "bls" ? [blsScalarBigEndian(secret)] : []));
}

function signBytesWith({ secret, publicKey }: LocalTezosKey, service: BlsSigner): SignBytes {
  if (secret.scheme === "bls") return (bytes) => service.sign(publicKey.bytes, bytes);
  const signDigest = digestSigner(secret);
  return (bytes) => signDigest(signingDigest(bytes));
}

function digestSigner(secret: Exclude<SecretKey, { readonly scheme: "bls" }>): (digest: Uint8Array) => Uint8Array {
  switch (secret.scheme) {
    case "ed25519": {
      const key = unwrap(Ed25519SecretKey.fromSeed(secret.seed));
      return (digest) => key.sign(digest);
    }
    case "secp256k1":
      return (digest) => secp256k1.ecdsaSign(digest, secret.scalar).signature;
    case "p256":
      // Node signs only what it has hashed itself, and here the hash is blake2b. The chain does not want a low s.
      return (digest) => p256.sign(digest, secret.scalar, { prehash: false, lowS: false });
    case "mldsa44":
      throw new TypeError("openTezosKey opens no such key");
  }
}
