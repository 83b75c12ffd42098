import { BLS_PUBLIC_KEY_BYTES, err, fromHex, HASH_BYTES, ok, type Result } from "@sealwright/types";
import { BLS_SECRET_KEY_BYTES } from "../bls/sizes.js";
import type { Keystore, KeystoreKdf } from "./keystore.js";
import { badKeystore, type KeystoreError } from "./keystoreError.js";
import {
  DERIVED_KEY_BYTES_MAX,
  DERIVED_KEY_BYTES_MIN,
  IV_BYTES,
  KEYSTORE_TEXT_CHARS_MAX,
  PBKDF2_ROUNDS_MAX,
  SALT_BYTES_MAX,
  SCRYPT_BLOCKS_BYTES_MAX,
  SCRYPT_MEMORY_BYTES_MAX,
  SCRYPT_WORK_MAX,
  TEXT_FIELD_CHARS_MAX,
} from "./keystoreLimits.js";

type Fields = Readonly<Record<string, unknown>>;

/** Carries the first fault out of nested readers; never leaves this file. */
class Fault extends Error {
  readonly fault: KeystoreError;

  constructor(fault: KeystoreError) {
    super(fault.code);
    this.fault = fault;
  }
}

/**
 * Reads a key file and checks all of it that can be checked without the password, above all that deriving the key
 * stays affordable: a hostile file must not eat the memory. Fields the standard does not know are dropped.
 * @param text the JSON, at most 65,536 characters
 */
export function parseKeystore(text: string): Result<Keystore, KeystoreError> {
  if (text.length > KEYSTORE_TEXT_CHARS_MAX) {
    return err({ code: "limitExceeded", path: "", value: text.length, valueMax: KEYSTORE_TEXT_CHARS_MAX });
  }
  try {
    return ok(readKeystore(JSON.parse(text)));
  } catch (error) {
    if (error instanceof Fault) return err(error.fault);
    if (error instanceof SyntaxError) return err(badKeystore("", "not JSON"));
    throw error;
  }
}

function readKeystore(json: unknown): Keystore {
  const file = readFields(json, "");
  if (file["version"] !== 4) return refuse("version", "must be 4");
  const crypto = readFields(file["crypto"], "crypto");
  const description = readOptionalText(file["description"], "description");
  const pubkey = readOptionalText(file["pubkey"], "pubkey");
  if (pubkey !== undefined && pubkey !== "") readHex(pubkey, "pubkey", BLS_PUBLIC_KEY_BYTES, BLS_PUBLIC_KEY_BYTES);
  return {
    crypto: {
      kdf: readKdf(crypto["kdf"]),
      checksum: readChecksum(crypto["checksum"]),
      cipher: readCipher(crypto["cipher"]),
    },
    ...(description === undefined ? {} : { description }),
    ...(pubkey === undefined || pubkey === "" ? {} : { pubkey: pubkey.toLowerCase() }),
    path: readText(file["path"], "path"),
    uuid: readText(file["uuid"], "uuid"),
    version: 4,
  };
}

function readKdf(json: unknown): KeystoreKdf {
  const kdf = readFields(json, "crypto.kdf");
  const name = readText(kdf["function"], "crypto.kdf.function");
  const params = readFields(kdf["params"], "crypto.kdf.params");
  if (kdf["message"] !== "") return refuse("crypto.kdf.message", 'must be ""');
  switch (name) {
    case "scrypt":
      return { function: name, params: readScrypt(params), message: "" };
    case "pbkdf2":
      return { function: name, params: readPbkdf2(params), message: "" };
    default:
      throw new Fault({ code: "unsupportedKdf", kdf: name });
  }
}

function readScrypt(params: Fields): Extract<KeystoreKdf, { function: "scrypt" }>["params"] {
  const at = "crypto.kdf.params";
  const dklen = readDerivedKeyBytes(params);
  const n = readCount(params["n"], `${at}.n`, 2 ** 30);
  const r = readCount(params["r"], `${at}.r`, 2 ** 20);
  const p = readCount(params["p"], `${at}.p`, 2 ** 20);
  if (n < 2 || (n & (n - 1)) !== 0) return refuse(`${at}.n`, "must be a power of two above 1");
  checkLimit(at, 128 * n * r, SCRYPT_MEMORY_BYTES_MAX);
  checkLimit(at, 128 * r * p, SCRYPT_BLOCKS_BYTES_MAX);
  checkLimit(at, n * r * p, SCRYPT_WORK_MAX);
  return { dklen, n, r, p, salt: readSalt(params) };
}

function readPbkdf2(params: Fields): Extract<KeystoreKdf, { function: "pbkdf2" }>["params"] {
  const prf = readText(params["prf"], "crypto.kdf.params.prf");
  if (prf !== "hmac-sha256") throw new Fault({ code: "unsupportedKdf", kdf: `pbkdf2 with ${prf}` });
  const c = readCount(params["c"], "crypto.kdf.params.c", PBKDF2_ROUNDS_MAX);
  return { dklen: readDerivedKeyBytes(params), c, prf, salt: readSalt(params) };
}

function readDerivedKeyBytes(params: Fields): number {
  const dklen = readCount(params["dklen"], "crypto.kdf.params.dklen", DERIVED_KEY_BYTES_MAX);
  if (dklen < DERIVED_KEY_BYTES_MIN) return refuse("crypto.kdf.params.dklen", `at least ${DERIVED_KEY_BYTES_MIN}`);
  return dklen;
}

function readSalt(params: Fields): string {
  return readHex(params["salt"], "crypto.kdf.params.salt", 1, SALT_BYTES_MAX);
}

function readChecksum(json: unknown): Keystore["crypto"]["checksum"] {
  const checksum = readFields(json, "crypto.checksum");
  if (checksum["function"] !== "sha256") return refuse("crypto.checksum.function", "must be sha256");
  const message = readHex(checksum["message"], "crypto.checksum.message", HASH_BYTES, HASH_BYTES);
  return { function: "sha256", params: {}, message };
}

function readCipher(json: unknown): Keystore["crypto"]["cipher"] {
  const cipher = readFields(json, "crypto.cipher");
  if (cipher["function"] !== "aes-128-ctr") return refuse("crypto.cipher.function", "must be aes-128-ctr");
  const params = readFields(cipher["params"], "crypto.cipher.params");
  const iv = readHex(params["iv"], "crypto.cipher.params.iv", IV_BYTES, IV_BYTES);
  const message = readHex(cipher["message"], "crypto.cipher.message", BLS_SECRET_KEY_BYTES, BLS_SECRET_KEY_BYTES);
  return { function: "aes-128-ctr", params: { iv }, message };
}

function readFields(json: unknown, path: string): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return refuse(path, "must be an object");
  return json as Fields;
}

function readText(json: unknown, path: string): string {
  if (typeof json !== "string") return refuse(path, "must be text");
  checkLimit(path, json.length, TEXT_FIELD_CHARS_MAX);
  return json;
}

function readOptionalText(json: unknown, path: string): string | undefined {
  return json === undefined || json === null ? undefined : readText(json, path);
}

function readHex(json: unknown, path: string, bytesMin: number, bytesMax: number): string {
  const text = readText(json, path);
  const bytes = fromHex(text);
  if (bytes === null) return refuse(path, "must be hex without 0x");
  if (bytes.length < bytesMin || bytes.length > bytesMax) {
    return refuse(path, `must have ${bytesMin === bytesMax ? bytesMin : `${bytesMin} to ${bytesMax}`} bytes`);
  }
  return text;
}

function readCount(json: unknown, path: string, countMax: number): number {
  if (typeof json !== "number" || !Number.isSafeInteger(json) || json < 1) {
    return refuse(path, "must be a whole number above 0");
  }
  checkLimit(path, json, countMax);
  return json;
}

function checkLimit(path: string, value: number, valueMax: number): void {
  if (value > valueMax) throw new Fault({ code: "limitExceeded", path, value, valueMax });
}

function refuse(path: string, message: string): never {
  throw new Fault(badKeystore(path, message));
}
