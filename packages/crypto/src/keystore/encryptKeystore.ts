import { err, ok, type Random, type Result, toHex } from "@sealwright/types";
import type { BlsSecretKey } from "../bls/blsSecretKey.js";
import { checksumOf, cryptSecret } from "./cryptSecret.js";
import { passwordFault } from "./decryptKeystore.js";
import { deriveKey } from "./deriveKey.js";
import type { Keystore, KeystoreKdf } from "./keystore.js";
import type { KeystoreError } from "./keystoreError.js";
import { IV_BYTES } from "./keystoreLimits.js";

const SALT_BYTES = 32;
const DERIVED_KEY_BYTES = 32;

/** What stands in a key file beside the key. */
export type EncryptKeystoreOptions = {
  /** default scrypt; both with the standard's strength: 262,144 */
  readonly kdf?: KeystoreKdf["function"];
  /** EIP-2334 path, default "": not derived */
  readonly path?: string;
  readonly description?: string;
};

/**
 * Makes an encrypted key file of EIP-2335; `JSON.stringify` gives its text.
 * @returns `limitExceeded` for a password of more than 4,096 characters
 */
export async function encryptKeystore(
  key: BlsSecretKey,
  password: string,
  options: EncryptKeystoreOptions,
  dependencies: { readonly random: Random },
): Promise<Result<Keystore, KeystoreError>> {
  const tooLong = passwordFault(password);
  if (tooLong !== null) return err(tooLong);
  const { random } = dependencies;
  const kdf = kdfOf(options.kdf ?? "scrypt", toHex(random.bytes(SALT_BYTES)));
  const iv = random.bytes(IV_BYTES);
  const uuid = uuidOf(random.bytes(16));
  const derivedKey = await deriveKey(kdf, password);
  const encrypted = cryptSecret(derivedKey, iv, key.toBytes());
  return ok({
    crypto: {
      kdf,
      checksum: { function: "sha256", params: {}, message: toHex(checksumOf(derivedKey, encrypted)) },
      cipher: { function: "aes-128-ctr", params: { iv: toHex(iv) }, message: toHex(encrypted) },
    },
    ...(options.description === undefined ? {} : { description: options.description }),
    pubkey: toHex(key.publicKey()),
    path: options.path ?? "",
    uuid,
    version: 4,
  });
}

function kdfOf(name: KeystoreKdf["function"], salt: string): KeystoreKdf {
  const dklen = DERIVED_KEY_BYTES;
  if (name === "scrypt") return { function: name, params: { dklen, n: 262_144, r: 8, p: 1, salt }, message: "" };
  return { function: name, params: { dklen, c: 262_144, prf: "hmac-sha256", salt }, message: "" };
}

/** RFC 4122, version 4. @param bytes 16 random ones */
function uuidOf(bytes: Uint8Array): string {
  const marked = Uint8Array.from(bytes);
  marked[6] = ((marked[6] ?? 0) & 0x0f) | 0x40;
  marked[8] = ((marked[8] ?? 0) & 0x3f) | 0x80;
  return toHex(marked).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
