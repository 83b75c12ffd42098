import { pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { assert, assertNever, err, ok, type Result } from "@sealwright/types";
import sodium from "sodium-native";
import type { EncryptableScheme, EncryptedSecretKey } from "./encryptedSecretKey.js";
import type { SecretKey } from "./secretKey.js";

/** The box does not open: another password, or damaged bytes behind a correct checksum. */
export interface WrongPassword {
  readonly code: "wrongPassword";
}

/** Secret keys that have an encrypted text; the full ed25519 form is encrypted as its seed. */
export type EncryptableSecretKey = Exclude<SecretKey, { readonly scheme: "mldsa44" } | { readonly form: "full" }>;

const ITERATIONS = 32_768;
const KEY_BYTES = 32;
const SECRET_BYTES = 32;
const BOX_BYTES = SECRET_BYTES + sodium.crypto_secretbox_MACBYTES;
const SALT_BYTES = 8;
// The salt already makes every derived key a fresh one, so the format fixes the nonce to zero.
const NONCE = Buffer.alloc(sodium.crypto_secretbox_NONCEBYTES);

const derive = promisify(pbkdf2);

/**
 * Opens an encrypted key: PBKDF2-HMAC-SHA512 over the password, then XSalsa20-Poly1305. The derivation runs off the main
 * thread and takes some tens of milliseconds.
 * @param password UTF-8, as it was typed: the format normalises nothing
 */
export async function decryptSecretKey(
  key: EncryptedSecretKey,
  password: string,
): Promise<Result<EncryptableSecretKey, WrongPassword>> {
  assert(key.box.length === BOX_BYTES, "the text parser checked the length");
  const boxKey = await deriveBoxKey(password, key.salt);
  const secret = Buffer.alloc(SECRET_BYTES);
  const opened = sodium.crypto_secretbox_open_easy(secret, Buffer.from(key.box), NONCE, boxKey);
  return opened ? ok(secretKeyOf(key.scheme, new Uint8Array(secret))) : err({ code: "wrongPassword" });
}

/** @param salt 8 random bytes, never used before: the nonce is fixed, so a repeated salt and password repeat the key */
export async function encryptSecretKey(
  key: EncryptableSecretKey,
  password: string,
  salt: Uint8Array,
): Promise<EncryptedSecretKey> {
  assert(salt.length === SALT_BYTES, "a salt has 8 bytes");
  const boxKey = await deriveBoxKey(password, salt);
  const box = Buffer.alloc(BOX_BYTES);
  sodium.crypto_secretbox_easy(box, Buffer.from(secretBytesOf(key)), NONCE, boxKey);
  return { scheme: key.scheme, salt: salt.slice(), box: new Uint8Array(box) };
}

function deriveBoxKey(password: string, salt: Uint8Array): Promise<Buffer> {
  return derive(Buffer.from(password, "utf8"), salt, ITERATIONS, KEY_BYTES, "sha512");
}

function secretKeyOf(scheme: EncryptableScheme, secret: Uint8Array): EncryptableSecretKey {
  switch (scheme) {
    case "ed25519":
      return { scheme, form: "seed", seed: secret };
    case "secp256k1":
    case "p256":
      return { scheme, scalar: secret };
    case "bls":
      return { scheme, scalarLittleEndian: secret };
    default:
      return assertNever(scheme);
  }
}

function secretBytesOf(key: EncryptableSecretKey): Uint8Array {
  switch (key.scheme) {
    case "ed25519":
      return key.seed;
    case "secp256k1":
    case "p256":
      return key.scalar;
    case "bls":
      return key.scalarLittleEndian;
    default:
      return assertNever(key);
  }
}
