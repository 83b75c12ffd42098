import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { concatBytes, decode, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import {
  blsSecretKeyFromBigEndian,
  blsScalarBigEndian,
  checkText,
  decryptSecretKey,
  encryptSecretKey,
  type EncryptableSecretKey,
  equalPublicKeyHashes,
  formatEncryptedSecretKey,
  formatPublicKey,
  formatPublicKeyHash,
  formatSecretKey,
  formatSignature,
  formatText,
  hashPublicKey,
  identifyText,
  parseEncryptedSecretKey,
  parsePublicKey,
  parsePublicKeyHash,
  parseSecretKey,
  parseSignature,
  parseText,
  readPublicKeyHash,
  SIGNATURE_SCHEMES,
  signatureBytes,
} from "../index.js";

const TZ1 = "tz1M3kiQUMPcTseo72i1twdiV4iTY5yiGNSz";

function errorOf(text: string): unknown {
  const parsed = parsePublicKeyHash(text);
  return parsed.ok ? "accepted" : parsed.error;
}

describe("texts that are refused", () => {
  it("[T19] a character outside the alphabet is named by its place", () => {
    expect(errorOf(TZ1.replace("k", "0"))).toEqual({ code: "badCharacter", index: 5 });
    expect(errorOf(`${TZ1} `)).toEqual({ code: "badCharacter", index: 36 });
    expect(errorOf(`tz1\u{1f511}`)).toEqual({ code: "badCharacter", index: 3 });
  });

  it("[T19] a mistyped character breaks the checksum", () => {
    expect(errorOf(TZ1.replace("k", "m"))).toEqual({ code: "badChecksum" });
  });

  it("[T19] nothing, and more than any text has, are bad lengths", () => {
    expect(errorOf("")).toEqual({ code: "badLength", chars: 0 });
    expect(errorOf("1".repeat(5_299))).toEqual({ code: "badLength", chars: 5_299 });
  });

  it("[T19] a prefix of nobody is unknown", () => {
    // Nothing at all behind a correct checksum.
    expect(errorOf("3QJmnh")).toEqual({ code: "unknownPrefix" });
  });

  it("[T19] a text of another kind is named", () => {
    expect(errorOf("NetXdQprcVkpaWU")).toMatchObject({ code: "unexpectedKind", actual: "chainId" });
    expect(parseText("chainId", TZ1)).toMatchObject({
      ok: false,
      error: { code: "unexpectedKind", expected: ["chainId"], actual: "ed25519PublicKeyHash" },
    });
    expect(checkText("chainId", "NetXdQprcVkpaWU")).toEqual({ ok: true, value: "NetXdQprcVkpaWU" });
  });

  it("[T20] no error repeats a secret", () => {
    const secret = "edsk3vifWnPCr8jXyhnt1YLa5KeNYTPfHENDq9gxqAA8ERkvEigYMe";
    for (const parse of [parsePublicKey, parsePublicKeyHash, parseSignature, parseEncryptedSecretKey]) {
      expect(JSON.stringify(parse(secret))).not.toContain(secret.slice(4, 10));
    }
    expect(JSON.stringify(parseSecretKey(secret.replace("3", "4")))).not.toContain(secret.slice(5, 10));
  });
});

describe("key texts", () => {
  it("[T5] every scheme's key hash, public key and signature keep their scheme", () => {
    for (const scheme of SIGNATURE_SCHEMES) {
      const hash = { scheme, hash: new Uint8Array(20).fill(9) };
      expect(unwrap(parsePublicKeyHash(formatPublicKeyHash(hash)))).toEqual(hash);
      const signature = { scheme, bytes: new Uint8Array(signatureBytes(scheme)).fill(9) };
      expect(unwrap(parseSignature(formatSignature(signature)))).toEqual(signature);
    }
    expect(
      SIGNATURE_SCHEMES.map((scheme) => formatPublicKeyHash({ scheme, hash: new Uint8Array(20) }).slice(0, 3)),
    ).toEqual(["tz1", "tz2", "tz3", "tz4", "tz5"]);
  });

  it("[T5] secret keys keep their form", () => {
    const bytes = (length: number) => new Uint8Array(length).fill(9);
    const keys = [
      { scheme: "ed25519", form: "seed", seed: bytes(32) },
      { scheme: "ed25519", form: "full", seed: bytes(32), publicKey: bytes(32) },
      { scheme: "secp256k1", scalar: bytes(32) },
      { scheme: "p256", scalar: bytes(32) },
      { scheme: "bls", scalarLittleEndian: bytes(32) },
      { scheme: "mldsa44", bytes: bytes(3872) },
    ] as const;
    for (const key of keys) expect(unwrap(parseSecretKey(formatSecretKey(key)))).toEqual(key);
  });

  it("[T5] a BLS scalar turned to big-endian and back is the same key", () => {
    const key = { scheme: "bls", scalarLittleEndian: Uint8Array.from({ length: 32 }, (_, i) => i) } as const;
    expect(blsScalarBigEndian(key)[0]).toBe(31);
    expect(blsSecretKeyFromBigEndian(blsScalarBigEndian(key))).toEqual(key);
  });

  it("[T2] an unknown key tag is refused", () => {
    const bytes = concatBytes(Uint8Array.of(5), new Uint8Array(20));
    expect(decode(bytes, readPublicKeyHash)).toMatchObject({ ok: false, error: { reason: "unknown key tag 5" } });
  });

  it("[T5] keys of two schemes with one hash are two keys", () => {
    const hash = new Uint8Array(20);
    expect(equalPublicKeyHashes({ scheme: "ed25519", hash }, { scheme: "p256", hash })).toBe(false);
    expect(equalPublicKeyHashes({ scheme: "ed25519", hash }, { scheme: "ed25519", hash: hash.slice() })).toBe(true);
  });
});

describe("encrypted secret keys", () => {
  // Published test keys, all with the password "test". The first plain key is published too (in its full form, below),
  // the other two follow from boxes whose authentication only opens for the right password and derivation.
  const published = [
    [
      "edesk1GXwWmGjXiLHBKxGBxwmNvG21vKBh6FBxc4CyJ8adQQE2avP5vBB57ZUZ93Anm7i4k8RmsHaPzVAvpnHkFF",
      "edsk38pyaS8b6K1ygB77FjJF3GLosbPnetNShxVXXgoDPsEYWTUMst",
    ],
    [
      "spesk24UQkAiJk8X6AufNtRv1WWPp2BAssEgmijCTQPMgUXweSKPmLdbyAjPmCG1pR2dC9P5UZZVeZcb7zVodUHZ",
      "spsk2MXVuq9SXAfvfcwmTkUxoa5efPcGZbshJRsGWp7ox36jSrsoS8",
    ],
    [
      "p2esk28hoUE2J88QNFj2aDX2pjzL7wcVh2g8tkEwtWWguby9M3FHUgSbzvF2Sd7wQ4Kd8crFwvto6gF3otcBuo4T",
      "p2sk3KN4pCCJigciQSJQEhKCiBFYqYwS4pyCG22hnhaYAZY3h8AGjN",
    ],
  ] as const;

  it.each(published)("[T21] %s opens with its password and with no other", async (text, plain) => {
    const key = unwrap(parseEncryptedSecretKey(text));
    expect(formatEncryptedSecretKey(key)).toBe(text);
    expect(formatSecretKey(unwrap(await decryptSecretKey(key, "test")))).toBe(plain);
    expect(await decryptSecretKey(key, "Test")).toEqual({ ok: false, error: { code: "wrongPassword" } });
  });

  it.each(published)("[T21] %s is made again from the plain key and its salt", async (text, plain) => {
    const { salt } = unwrap(parseEncryptedSecretKey(text));
    const key = unwrap(parseSecretKey(plain)) as EncryptableSecretKey;
    expect(formatEncryptedSecretKey(await encryptSecretKey(key, "test", salt))).toBe(text);
  });

  it("[T21] the full form of the first key has the seed that was in the box", () => {
    const full = unwrap(
      parseSecretKey(
        "edskRk1hRPhBCsGRDfqRBKDY5ecPKLfBhQDC4MvmWwa8i8dXUiGEyWJ7vUDjFo1k59PHfRrQKSEM9ieJNH3FbqrrDFg18ZZorh",
      ),
    );
    if (full.scheme !== "ed25519" || full.form !== "full") throw new Error("not a full ed25519 key");
    expect(formatText("ed25519Seed", full.seed)).toBe(published[0][1]);
    expect(full.publicKey).toEqual(ed25519.getPublicKey(full.seed));
  });

  it("[T21] a BLS key comes back as it went in", async () => {
    const key = unwrap(
      parseSecretKey("BLsk1hKAHyGqY9qRbgoSVnjiSmDWpKGjFF3WNQ7BaiaMUA6RMA6Pfq"),
    ) as EncryptableSecretKey;
    const encrypted = await encryptSecretKey(key, "pässword", new Uint8Array(8).fill(1));
    const text = formatEncryptedSecretKey(encrypted);
    expect(text).toMatch(/^BLesk/);
    expect(unwrap(await decryptSecretKey(unwrap(parseEncryptedSecretKey(text)), "pässword"))).toEqual(key);
  });

  it("[T21] an unencrypted key is not mistaken for an encrypted one, nor the reverse", () => {
    const [[encrypted, plain]] = published;
    expect(parseSecretKey(encrypted)).toMatchObject({ ok: false, error: { actual: "ed25519EncryptedSeed" } });
    expect(parseEncryptedSecretKey(plain)).toMatchObject({ ok: false, error: { actual: "ed25519Seed" } });
  });

  it("[T21] the published P-256 key has a public key text that reads back", () => {
    const secret = unwrap(parseSecretKey(published[2][1]));
    if (secret.scheme !== "p256") throw new Error("not a P-256 key");
    const key = { scheme: "p256", bytes: p256.getPublicKey(secret.scalar, true) } as const;
    expect(unwrap(parsePublicKey(formatPublicKey(key)))).toEqual(key);
    expect(formatPublicKeyHash(hashPublicKey(key))).toMatch(/^tz3/);
  });
});

describe("payload lengths", () => {
  it("[T5] a payload of another length than its kind has is our bug", () => {
    expect(() => formatText("chainId", new Uint8Array(5))).toThrow("chainId takes 4 bytes, got 5");
  });

  it("[T19] identifies without knowing what to expect", () => {
    expect(unwrap(identifyText(TZ1)).kind).toBe("ed25519PublicKeyHash");
  });
});
