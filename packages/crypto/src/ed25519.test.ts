import { ed25519 } from "@noble/curves/ed25519.js";
import { fromHex, toHex, unwrap } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ed25519SecretKey, ed25519Verify, ed25519VerifyBatch } from "./ed25519.js";

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);

// RFC 8032, section 7.1: tests 1 to 3
const VECTORS = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

describe("Ed25519", () => {
  it("makes the keys and signatures of RFC 8032", () => {
    for (const vector of VECTORS) {
      const key = unwrap(Ed25519SecretKey.fromSeed(bytes(vector.seed)));
      expect(toHex(key.publicKey())).toBe(vector.publicKey);
      expect(toHex(key.sign(bytes(vector.message)))).toBe(vector.signature);
      expect(toHex(key.toSeed())).toBe(vector.seed);
      expect(ed25519Verify(bytes(vector.publicKey), bytes(vector.message), bytes(vector.signature))).toBe(true);
    }
  });

  it("signs as @noble/curves does", () => {
    const random = new SeededRandom(5);
    for (const size of [0, 1, 64, 1_000]) {
      const seed = random.bytes(32);
      const message = random.bytes(size);
      const key = unwrap(Ed25519SecretKey.fromSeed(seed));
      expect(toHex(key.sign(message))).toBe(toHex(ed25519.sign(message, seed)));
    }
  });

  it("refuses a seed that is not 32 bytes", () => {
    expect(Ed25519SecretKey.fromSeed(new Uint8Array(31))).toEqual({
      ok: false,
      error: { code: "badSeed", sizeBytes: 31 },
    });
  });

  it("refuses a signature whose scalar is not reduced: a signature has one spelling", () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const key = unwrap(Ed25519SecretKey.fromSeed(new Uint8Array(32).fill(1)));
    const signature = key.sign(new Uint8Array(1));
    let scalar = order;
    for (let index = 0; index < 32; index++) scalar += BigInt(signature[32 + index] ?? 0) << BigInt(8 * index);
    for (let index = 0; index < 32; index++) signature[32 + index] = Number((scalar >> BigInt(8 * index)) & 0xffn);
    expect(ed25519Verify(key.publicKey(), new Uint8Array(1), signature)).toBe(false);
  });

  it("refuses keys of small order, which would accept any message", () => {
    const identity = new Uint8Array(32).fill(1, 0, 1);
    const signature = new Uint8Array(64).fill(1, 0, 1);
    expect(ed25519Verify(identity, new Uint8Array(3), signature)).toBe(false);
  });

  it("answers a batch item by item, whichever subset is bad", () => {
    const keys = Array.from({ length: 8 }, (_, index) =>
      unwrap(Ed25519SecretKey.fromSeed(new Uint8Array(32).fill(index + 1))),
    );
    const good = keys.map((key, index) => ({
      publicKey: key.publicKey(),
      message: Uint8Array.of(index),
      signature: key.sign(Uint8Array.of(index)),
    }));
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(7)), (wrong) => {
        const items = good.map((item, index) =>
          wrong.includes(index) ? { ...item, message: new Uint8Array(9) } : item,
        );
        const expected = Uint8Array.from(items.keys(), (index) => (wrong.includes(index) ? 0 : 1));
        expect(ed25519VerifyBatch(items)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it("[I12] answers any bytes with false, never with an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 70 }), (publicKey, signature) => {
        expect(ed25519Verify(publicKey, new Uint8Array(0), signature)).toBe(false);
      }),
    );
  });
});
