import { BlsSecretKey, Ed25519SecretKey } from "@sealwright/crypto";
import {
  blsScalarBigEndian,
  decryptSecretKey,
  formatPublicKeyHash,
  hashPublicKey,
  parseEncryptedSecretKey,
  parseSecretKey,
  type PublicKey,
  type SecretKey,
  type TextError,
  type WrongPassword,
} from "@sealwright/tezos";
import { err, ok, type Result } from "@sealwright/types";
import { p256 } from "@noble/curves/nist.js";
import secp256k1 from "secp256k1";
import type { TezosKeyHash } from "../keyId.js";

/** An opened secret of one of the schemes that sign here. Print nothing of it but `id` and `publicKey`. */
export interface LocalTezosKey {
  readonly id: TezosKeyHash;
  readonly publicKey: PublicKey;
  readonly secret: SecretKey;
}

/** Why a secret key does not open: its text, its password, or a scheme that is not signed with here. */
export type OpenKeyError =
  | TextError
  | WrongPassword
  /** An encrypted key without a password. */
  | { readonly code: "passwordNeeded" }
  /** Neither "unencrypted:", nor "encrypted:", nor a bare secret key. */
  | { readonly code: "unknownKeyForm" }
  /** The number is no secret of its curve. */
  | { readonly code: "badSecretKey" }
  | { readonly code: "unsupportedScheme"; readonly scheme: "mldsa44" };

/**
 * Opens a key as Octez writes it: `unencrypted:edsk…`, `encrypted:edesk…` with its password, or the bare text.
 * No error repeats anything of the secret.
 */
export async function openTezosKey(uri: string, password?: string): Promise<Result<LocalTezosKey, OpenKeyError>> {
  const colon = uri.indexOf(":");
  const form = colon < 0 ? "" : uri.slice(0, colon);
  const text = uri.slice(colon + 1).trim();
  const isEncrypted = form === "encrypted" || (form === "" && parseEncryptedSecretKey(text).ok);
  if (!["", "unencrypted", "encrypted"].includes(form)) return err({ code: "unknownKeyForm" });
  const secret = isEncrypted ? await openEncrypted(text, password) : parseSecretKey(text);
  return secret.ok ? localTezosKey(secret.value) : secret;
}

/** The key of an opened secret, with its public half computed. */
export function localTezosKey(secret: SecretKey): Result<LocalTezosKey, OpenKeyError> {
  const publicBytes = publicBytesOf(secret);
  if (!publicBytes.ok) return publicBytes;
  const publicKey = { scheme: secret.scheme, bytes: publicBytes.value };
  return ok({ id: formatPublicKeyHash(hashPublicKey(publicKey)), publicKey, secret });
}

async function openEncrypted(text: string, password: string | undefined): Promise<Result<SecretKey, OpenKeyError>> {
  const closed = parseEncryptedSecretKey(text);
  if (!closed.ok) return closed;
  if (password === undefined) return err({ code: "passwordNeeded" });
  return decryptSecretKey(closed.value, password);
}

function publicBytesOf(secret: SecretKey): Result<Uint8Array, OpenKeyError> {
  switch (secret.scheme) {
    case "ed25519": {
      const key = Ed25519SecretKey.fromSeed(secret.seed);
      return key.ok ? ok(key.value.publicKey()) : err(BAD_SECRET_KEY);
    }
    case "secp256k1":
      return secp256k1.privateKeyVerify(secret.scalar)
        ? ok(secp256k1.publicKeyCreate(secret.scalar))
        : err(BAD_SECRET_KEY);
    case "p256":
      return p256.utils.isValidSecretKey(secret.scalar) ? ok(p256.getPublicKey(secret.scalar)) : err(BAD_SECRET_KEY);
    case "bls": {
      const key = BlsSecretKey.fromBytes(blsScalarBigEndian(secret));
      return key.ok ? ok(key.value.publicKey()) : err(BAD_SECRET_KEY);
    }
    case "mldsa44":
      return err({ code: "unsupportedScheme", scheme: secret.scheme });
  }
}

const BAD_SECRET_KEY = { code: "badSecretKey" } as const;
