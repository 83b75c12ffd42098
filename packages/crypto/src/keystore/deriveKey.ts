import { pbkdf2, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { assert, assertNever, fromHex } from "@sealwright/types";
import type { KeystoreKdf } from "./keystore.js";

const pbkdf2Async = promisify(pbkdf2);

/** What scrypt needs beside its two big buffers. */
const SCRYPT_SLACK_BYTES = 1024 * 1024;

/**
 * Derives the key on Node's thread pool: up to 256 MiB and some seconds.
 * @param kdf of a checked file: its sizes are not looked at again
 * @returns `dklen` bytes
 */
export function deriveKey(kdf: KeystoreKdf, password: string): Promise<Uint8Array> {
  const secret = passwordBytes(password);
  const salt = fromHex(kdf.params.salt);
  assert(salt !== null, "the salt of a checked file is hex");
  switch (kdf.function) {
    case "scrypt":
      return scryptAsync(secret, salt, kdf.params);
    case "pbkdf2":
      return pbkdf2Async(secret, salt, kdf.params.c, kdf.params.dklen, "sha256");
    default:
      return assertNever(kdf);
  }
}

/** EIP-2335: NFKD, without control characters (C0, DEL, C1), as UTF-8. */
function passwordBytes(password: string): Uint8Array {
  return new TextEncoder().encode(password.normalize("NFKD").replace(/[\u0000-\u001f\u007f-\u009f]/g, ""));
}

function scryptAsync(
  secret: Uint8Array,
  salt: Uint8Array,
  params: Extract<KeystoreKdf, { function: "scrypt" }>["params"],
): Promise<Uint8Array> {
  const { dklen, n, r, p } = params;
  const maxmem = 128 * r * (n + p + 2) + SCRYPT_SLACK_BYTES;
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, dklen, { N: n, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
