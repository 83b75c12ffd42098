import { toHex, unwrap } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { BlsSecretKey } from "../bls/blsSecretKey.js";
import { decryptKeystore } from "./decryptKeystore.js";
import { encryptKeystore } from "./encryptKeystore.js";
import { parseKeystore } from "./parseKeystore.js";

// Deriving a key costs a second or so by design, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const PASSWORD = "𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑";
const SECRET = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
const SALT = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";
const IV = "264daa3f303d7259501c93d997d84fe6";
const PUBKEY = "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27" + "f4ae4040902382ae2910c15e2b420d07";

// The two test vectors of EIP-2335.
const SCRYPT_VECTOR = {
  crypto: {
    kdf: { function: "scrypt", params: { dklen: 32, n: 262144, p: 1, r: 8, salt: SALT }, message: "" },
    checksum: {
      function: "sha256",
      params: {},
      message: "d2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484",
    },
    cipher: {
      function: "aes-128-ctr",
      params: { iv: IV },
      message: "06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f",
    },
  },
  description: "This is a test keystore that uses scrypt to secure the secret.",
  pubkey: PUBKEY,
  path: "m/12381/60/3141592653/589793238",
  uuid: "1d85ae20-35c5-4611-98e8-aa14a633906f",
  version: 4,
};
const PBKDF2_VECTOR = {
  ...SCRYPT_VECTOR,
  crypto: {
    kdf: { function: "pbkdf2", params: { dklen: 32, c: 262144, prf: "hmac-sha256", salt: SALT }, message: "" },
    checksum: {
      function: "sha256",
      params: {},
      message: "8a9f5d9912ed7e75ea794bc5a89bca5f193721d30868ade6f73043c6ea6febf1",
    },
    cipher: {
      function: "aes-128-ctr",
      params: { iv: IV },
      message: "cee03fde2af33149775b7223e7845e4fb2c8ae1792e5f99fe9ecf474cc8c16ad",
    },
  },
};

/** The file with one value set at a dotted path, or removed. */
function altered(base: object, path: string, value: unknown): string {
  const copy = structuredClone(base) as Record<string, unknown>;
  const names = path.split(".");
  const last = names.pop() ?? "";
  let at = copy;
  for (const name of names) at = at[name] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return JSON.stringify(copy);
}

function faultOf(path: string, value: unknown, base: object = SCRYPT_VECTOR): unknown {
  const parsed = parseKeystore(altered(base, path, value));
  return parsed.ok ? "accepted" : parsed.error;
}

describe("opening a key file", () => {
  it("opens the scrypt vector of EIP-2335", async () => {
    const key = unwrap(await decryptKeystore(JSON.stringify(SCRYPT_VECTOR), PASSWORD));
    expect(toHex(key.toBytes())).toBe(SECRET);
  });

  it("opens the pbkdf2 vector of EIP-2335", async () => {
    const key = unwrap(await decryptKeystore(JSON.stringify(PBKDF2_VECTOR), PASSWORD));
    expect(toHex(key.toBytes())).toBe(SECRET);
  });

  it("normalises passwords: compatible letters are equal, control characters do not count", async () => {
    const key = await decryptKeystore(JSON.stringify(PBKDF2_VECTOR), "test\u0000pass\u007fword\u009f🔑\n");
    expect(key.ok).toBe(true);
  });

  it("tells a wrong password", async () => {
    expect(await decryptKeystore(JSON.stringify(PBKDF2_VECTOR), "testpassword")).toEqual({
      ok: false,
      error: { code: "wrongPassword" },
    });
  });

  it("refuses a file whose public key is not the one of its secret", async () => {
    const other = altered(PBKDF2_VECTOR, "pubkey", `8${PUBKEY.slice(1)}`);
    expect(await decryptKeystore(other, PASSWORD)).toMatchObject({
      ok: false,
      error: { code: "badKeystore", path: "pubkey" },
    });
  });

  it("opens a file that names no public key, or an empty one", async () => {
    for (const pubkey of [undefined, ""]) {
      expect((await decryptKeystore(altered(PBKDF2_VECTOR, "pubkey", pubkey), PASSWORD)).ok).toBe(true);
    }
  });

  it("refuses a password of absurd length before deriving anything", async () => {
    expect(await decryptKeystore(JSON.stringify(SCRYPT_VECTOR), "x".repeat(5_000))).toMatchObject({
      ok: false,
      error: { code: "limitExceeded", path: "password", value: 5_000 },
    });
  });
});

describe("making a key file", () => {
  const key = unwrap(BlsSecretKey.fromKeygen(new Uint8Array(32).fill(3)));

  it.each(["scrypt", "pbkdf2"] as const)("[K1] opens again what it sealed with %s", async (kdf) => {
    const dependencies = { random: new SeededRandom(1) };
    const file = unwrap(await encryptKeystore(key, "pässword", { kdf, path: "m/12381/3600/0/0/0" }, dependencies));
    expect(file.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const text = JSON.stringify(file);
    expect(text).not.toContain(toHex(key.toBytes()));
    const opened = unwrap(await decryptKeystore(text, "pässword"));
    expect(opened.toBytes()).toEqual(key.toBytes());
    expect(unwrap(parseKeystore(text))).toEqual(file);
  });
});

describe("reading a key file", () => {
  it("names the place and the reason of a fault", () => {
    expect(faultOf("version", 3)).toEqual({ code: "badKeystore", path: "version", message: "must be 4" });
    expect(faultOf("crypto", undefined)).toMatchObject({ code: "badKeystore", path: "crypto" });
    expect(faultOf("crypto.kdf.message", "x")).toMatchObject({ code: "badKeystore", path: "crypto.kdf.message" });
    expect(faultOf("crypto.kdf.params.n", 1_000)).toMatchObject({ path: "crypto.kdf.params.n" });
    expect(faultOf("crypto.kdf.params.n", "2")).toMatchObject({ path: "crypto.kdf.params.n" });
    expect(faultOf("crypto.kdf.params.dklen", 16)).toMatchObject({ path: "crypto.kdf.params.dklen" });
    expect(faultOf("crypto.kdf.params.salt", "0xaa")).toMatchObject({ message: "must be hex without 0x" });
    expect(faultOf("crypto.checksum.function", "md5")).toMatchObject({ path: "crypto.checksum.function" });
    expect(faultOf("crypto.checksum.message", "aa")).toMatchObject({ message: "must have 32 bytes" });
    expect(faultOf("crypto.cipher.function", "aes-256")).toMatchObject({ path: "crypto.cipher.function" });
    expect(faultOf("crypto.cipher.message", "aa")).toMatchObject({ path: "crypto.cipher.message" });
    expect(faultOf("pubkey", "zz")).toMatchObject({ code: "badKeystore", path: "pubkey" });
    expect(faultOf("uuid", 7)).toMatchObject({ code: "badKeystore", path: "uuid" });
  });

  it("refuses key derivations it does not know", () => {
    expect(faultOf("crypto.kdf.function", "argon2")).toEqual({ code: "unsupportedKdf", kdf: "argon2" });
    expect(faultOf("crypto.kdf.params.prf", "hmac-md5", PBKDF2_VECTOR)).toEqual({
      code: "unsupportedKdf",
      kdf: "pbkdf2 with hmac-md5",
    });
  });

  it("[K2] refuses a file that would cost too much memory or time, before spending any", () => {
    const params = "crypto.kdf.params";
    expect(faultOf(`${params}.n`, 2 ** 19)).toMatchObject({ code: "limitExceeded", value: 2 ** 29 });
    expect(faultOf(`${params}.n`, 2 ** 40)).toMatchObject({ code: "limitExceeded" });
    expect(faultOf(`${params}.r`, 16)).toMatchObject({ code: "limitExceeded" });
    expect(faultOf(`${params}.p`, 5)).toMatchObject({ code: "limitExceeded" });
    expect(faultOf(params, { dklen: 32, n: 2, r: 1, p: 2 ** 20, salt: "aa" })).toMatchObject({ code: "limitExceeded" });
    expect(faultOf(`${params}.dklen`, 1_000)).toMatchObject({ code: "limitExceeded" });
    expect(faultOf(`${params}.c`, 1e9, PBKDF2_VECTOR)).toMatchObject({ code: "limitExceeded", path: `${params}.c` });
    expect(faultOf("description", "x".repeat(70_000))).toMatchObject({ code: "limitExceeded", path: "" });
  });

  it("[I12] answers any text with an error, never with an exception", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseKeystore(text).ok).toBe(false);
      }),
    );
    const paths = ["crypto", "crypto.kdf", "crypto.kdf.params", "crypto.checksum", "crypto.cipher", "path", "version"];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        parseKeystore(altered(SCRYPT_VECTOR, path, value));
      }),
    );
  });
});
