import { assert, err, fromHex, ok, type Result, toHex } from "@sealwright/types";
import { BlsSecretKey } from "../bls/blsSecretKey.js";
import { checksumMatches, cryptSecret } from "./cryptSecret.js";
import { deriveKey } from "./deriveKey.js";
import { badKeystore, type KeystoreError } from "./keystoreError.js";
import { KEYSTORE_PASSWORD_CHARS_MAX } from "./keystoreLimits.js";
import { parseKeystore } from "./parseKeystore.js";

/**
 * Opens an encrypted key file of EIP-2335. Takes up to 256 MiB and some seconds off the main thread: decrypt many
 * files one after the other, not at once.
 * @param text the file's JSON
 * @returns the key, whose public key is the one the file names if it names one
 */
export async function decryptKeystore(text: string, password: string): Promise<Result<BlsSecretKey, KeystoreError>> {
  const parsed = parseKeystore(text);
  if (!parsed.ok) return parsed;
  const tooLong = passwordFault(password);
  if (tooLong !== null) return err(tooLong);
  const { crypto, pubkey } = parsed.value;
  const derivedKey = await deriveKey(crypto.kdf, password);
  const encrypted = checkedHex(crypto.cipher.message);
  if (!checksumMatches(derivedKey, encrypted, checkedHex(crypto.checksum.message))) {
    return err({ code: "wrongPassword" });
  }
  const key = BlsSecretKey.fromBytes(cryptSecret(derivedKey, checkedHex(crypto.cipher.params.iv), encrypted));
  if (!key.ok) return err(badKeystore("crypto.cipher.message", "holds no BLS secret key"));
  if (pubkey !== undefined && toHex(key.value.publicKey()) !== pubkey) {
    return err(badKeystore("pubkey", "is not the public key of the secret inside"));
  }
  return ok(key.value);
}

/** @returns `limitExceeded`, or null when the password may be tried */
export function passwordFault(password: string): KeystoreError | null {
  if (password.length <= KEYSTORE_PASSWORD_CHARS_MAX) return null;
  return {
    code: "limitExceeded",
    path: "password",
    value: password.length,
    valueMax: KEYSTORE_PASSWORD_CHARS_MAX,
  };
}

function checkedHex(text: string): Uint8Array {
  const bytes = fromHex(text);
  assert(bytes !== null, "the fields of a checked file are hex");
  return bytes;
}
