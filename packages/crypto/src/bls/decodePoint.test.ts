import { bls12_381 } from "@noble/curves/bls12-381.js";
import { fromHex, toHex, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { BlsSecretKey } from "./blsSecretKey.js";
import { decodePublicKey, decodePublicKeys, decodeSignature } from "./decodePoint.js";

const key = unwrap(BlsSecretKey.fromKeygen(new Uint8Array(32).fill(4)));

/** Compressed: flag bits in the first byte, x in the last. */
function point(sizeBytes: number, flags: number, x: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  bytes[0] = flags;
  bytes[sizeBytes - 1] = x;
  return bytes;
}

describe("decoding points", () => {
  it("gives back a key and a signature as they were", () => {
    const signature = key.sign(new Uint8Array(1));
    expect(decodePublicKey(key.publicKey())?.toBytes()).toEqual(key.publicKey());
    expect(decodeSignature(signature)?.toBytes()).toEqual(signature);
  });

  it("decodes a key it has seen only once", () => {
    expect(decodePublicKey(key.publicKey())).toBe(decodePublicKey(key.publicKey()));
  });

  it("refuses points on the curve that are not in the subgroup", () => {
    const outsideG1 = point(48, 0x80, 4);
    const outsideG2 = point(96, 0x80, 2);
    expect(() => bls12_381.G1.Point.fromBytes(outsideG1)).toThrow("not in prime-order subgroup");
    expect(() => bls12_381.G2.Point.fromBytes(outsideG2)).toThrow("not in prime-order subgroup");
    expect(decodePublicKey(outsideG1)).toBeNull();
    expect(decodeSignature(outsideG2)).toBeNull();
  });

  it("refuses the identity, and other spellings of it", () => {
    expect(decodePublicKey(point(48, 0xc0, 0))).toBeNull();
    expect(decodeSignature(point(96, 0xc0, 0))).toBeNull();
    expect(decodePublicKey(point(48, 0xc0, 1))).toBeNull();
    expect(decodePublicKey(point(48, 0xe0, 0))).toBeNull();
  });

  it("refuses an x that is not reduced: a key has one spelling", () => {
    // x plus the field's order still fits its 381 bits only for a small x: take the first child key that has one.
    const child = Array.from({ length: 64 }, (_, index) => key.deriveChild(index).publicKey()).find(
      (bytes) => ((bytes[0] ?? 0) & 0x1f) < 0x05,
    );
    const spelling = child ?? key.publicKey();
    const x = BigInt(`0x${toHex(spelling)}`) & ((1n << 381n) - 1n);
    const unreduced = x + bls12_381.fields.Fp.ORDER;
    expect(unreduced < 1n << 381n).toBe(true);
    const bytes = fromHex(unreduced.toString(16).padStart(96, "0")) ?? new Uint8Array(0);
    bytes[0] = (bytes[0] ?? 0) | ((spelling[0] ?? 0) & 0xe0);
    expect(decodePublicKey(spelling)).not.toBeNull();
    expect(decodePublicKey(bytes)).toBeNull();
  });

  it("refuses a list with one bad key, and an empty one", () => {
    expect(decodePublicKeys([key.publicKey(), key.publicKey()])).toHaveLength(2);
    expect(decodePublicKeys([key.publicKey(), new Uint8Array(48)])).toBeNull();
    expect(decodePublicKeys([])).toBeNull();
  });
});
