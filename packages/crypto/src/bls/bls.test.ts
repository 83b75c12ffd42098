import { bls12_381 } from "@noble/curves/bls12-381.js";
import { fromHex, toHex, unwrap } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { aggregateSignatures } from "./aggregateSignatures.js";
import { BlsSecretKey } from "./blsSecretKey.js";
import { blsVerify, verifyAggregate, verifyAggregateDistinct } from "./blsVerify.js";
import { mergeSignatures } from "./mergeSignatures.js";
import { possessionMessage, provePossession, verifyPossession } from "./proofOfPossession.js";
import { verifyBatch } from "./verifyBatch.js";

const DST = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const oracle = bls12_381.longSignatures;

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === null) throw new Error(`not hex: ${text}`);
  return bytes;
}

function scalarHex(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

/** The other point with the same x: the flag bit of the compressed form says which y. */
function negated(point: Uint8Array): Uint8Array {
  const out = new Uint8Array(point);
  out[0] = (out[0] ?? 0) ^ 0x20;
  return out;
}

describe("known answers", () => {
  it("signs as the consensus-specs vector of Ethereum says", () => {
    const key = unwrap(BlsSecretKey.fromBytes(hex("263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3")));
    expect(toHex(key.publicKey())).toBe(
      "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a",
    );
    expect(toHex(key.sign(new Uint8Array(32)))).toBe(
      "b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb515809" +
        "0352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55",
    );
  });

  it("derives master and child keys as EIP-2333 says (its test case 0)", () => {
    const seed = hex(
      "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553" +
        "1f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04",
    );
    const master = unwrap(BlsSecretKey.fromKeygen(seed));
    expect(toHex(master.toBytes())).toBe(
      scalarHex(6083874454709270928345386274498605044986640685124978867557563392430687146096n),
    );
    expect(toHex(master.deriveChild(0).toBytes())).toBe(
      scalarHex(20397789859736650942317412262472558107875392172444076792671091975210932703118n),
    );
  });

  it("asks for 32 to 1,024 bytes of randomness", () => {
    expect(BlsSecretKey.fromKeygen(new Uint8Array(31))).toEqual({
      ok: false,
      error: { code: "badKeygenSize", sizeBytes: 31 },
    });
    expect(BlsSecretKey.fromKeygen(new Uint8Array(1_025)).ok).toBe(false);
  });

  it("refuses a secret key that is not below the order of the group", () => {
    expect(BlsSecretKey.fromBytes(hex(scalarHex(bls12_381.fields.Fr.ORDER))).ok).toBe(false);
    expect(BlsSecretKey.fromBytes(hex(scalarHex(bls12_381.fields.Fr.ORDER - 1n))).ok).toBe(true);
  });

  it("shows no secret when printed", () => {
    const key = unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(1)));
    expect(JSON.stringify(key)).toBe("{}");
  });
});

describe("against @noble/curves", () => {
  const random = new SeededRandom(11);
  const secrets = Array.from({ length: 3 }, () => unwrap(BlsSecretKey.fromKeygen(random.bytes(32))));
  const messages = [random.bytes(0), random.bytes(32), random.bytes(300)];

  it("makes the same keys and signatures", () => {
    for (const [index, key] of secrets.entries()) {
      const message = messages[index] ?? new Uint8Array(0);
      const theirs = oracle.sign(oracle.hash(message, DST), key.toBytes());
      expect(toHex(key.publicKey())).toBe(toHex(oracle.getPublicKey(key.toBytes()).toBytes()));
      expect(toHex(key.sign(message))).toBe(toHex(oracle.Signature.toBytes(theirs)));
    }
  });

  it("makes the same aggregate, which both verify", () => {
    const message = random.bytes(64);
    const signatures = secrets.map((key) => key.sign(message));
    const aggregate = unwrap(aggregateSignatures(signatures));
    const theirs = oracle.aggregateSignatures(signatures);
    expect(toHex(aggregate)).toBe(toHex(oracle.Signature.toBytes(theirs)));
    const publicKeys = secrets.map((key) => key.publicKey());
    expect(oracle.verify(aggregate, oracle.hash(message, DST), oracle.aggregatePublicKeys(publicKeys))).toBe(true);
    expect(verifyAggregate(publicKeys, message, aggregate)).toBe(true);
  });

  it("agrees on an aggregate over distinct messages", () => {
    const items = secrets.map((key, index) => ({ key, message: Uint8Array.of(index) }));
    const aggregate = unwrap(aggregateSignatures(items.map(({ key, message }) => key.sign(message))));
    const theirItems = items.map(({ key, message }) => ({
      publicKey: key.publicKey(),
      message: oracle.hash(message, DST),
    }));
    expect(oracle.verifyBatch(aggregate, theirItems)).toBe(true);
    const ourItems = items.map(({ key, message }) => ({ publicKey: key.publicKey(), message }));
    expect(verifyAggregateDistinct(ourItems, aggregate)).toBe(true);
  });
});

describe("points that attack", () => {
  const key = unwrap(BlsSecretKey.fromKeygen(new Uint8Array(32).fill(9)));
  const message = Uint8Array.of(1, 2, 3);
  const identityKey = hex("c0".padEnd(96, "0"));
  const identitySignature = hex("c0".padEnd(192, "0"));

  /** Compressed, positive y, small x: on the curve, outside the subgroup (the oracle says so below). */
  function pointOfX(x: number, sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    bytes[0] = 0x80;
    bytes[sizeBytes - 1] = x;
    return bytes;
  }

  it("refuses the identity as key and as signature", () => {
    expect(blsVerify(identityKey, message, identitySignature)).toBe(false);
    expect(verifyAggregate([identityKey], message, identitySignature)).toBe(false);
    expect(aggregateSignatures([identitySignature]).ok).toBe(false);
  });

  it("refuses keys and signatures outside the subgroup", () => {
    const badKey = pointOfX(4, 48);
    const badSignature = pointOfX(2, 96);
    expect(() => bls12_381.G1.Point.fromBytes(badKey)).toThrow("not in prime-order subgroup");
    expect(() => bls12_381.G2.Point.fromBytes(badSignature)).toThrow("not in prime-order subgroup");
    expect(blsVerify(badKey, message, key.sign(message))).toBe(false);
    expect(blsVerify(key.publicKey(), message, badSignature)).toBe(false);
    expect(aggregateSignatures([badSignature])).toEqual({ ok: false, error: { code: "badSignature", index: 0 } });
    expect(mergeSignatures(message, [{ publicKey: key.publicKey(), signature: badSignature }]).bad).toEqual([0]);
  });

  it("refuses keys that cancel out, with any signature", () => {
    const pair = [key.publicKey(), negated(key.publicKey())];
    expect(verifyAggregate(pair, message, identitySignature)).toBe(false);
    expect(verifyAggregate(pair, message, key.sign(message))).toBe(false);
    expect(verifyBatch([{ publicKeys: pair, message, signature: key.sign(message) }])).toEqual([0]);
  });

  it("takes a key only in its compressed form", () => {
    const uncompressed = bls12_381.G1.Point.fromBytes(key.publicKey()).toBytes(false);
    expect(blsVerify(uncompressed, message, key.sign(message))).toBe(false);
  });

  it("finds both of two bad signatures of a batch that cancel each other out", () => {
    const other = unwrap(BlsSecretKey.fromKeygen(new Uint8Array(32).fill(10)));
    const shift = other.sign(Uint8Array.of(99));
    const sets = [
      { publicKeys: [key.publicKey()], message, signature: unwrap(aggregateSignatures([key.sign(message), shift])) },
      {
        publicKeys: [other.publicKey()],
        message,
        signature: unwrap(aggregateSignatures([other.sign(message), negated(shift)])),
      },
    ];
    const sum = unwrap(aggregateSignatures(sets.map((set) => set.signature)));
    expect(verifyAggregate([key.publicKey(), other.publicKey()], message, sum)).toBe(true);
    expect(verifyBatch(sets)).toEqual([0, 1]);
  });

  it("keeps proofs of possession apart from everything that starts with another kind", () => {
    const signed = possessionMessage(key.publicKey());
    expect(new TextDecoder().decode(signed.subarray(0, 36))).toBe("POP1sealwright proof of possession 1");
    expect(signed).toHaveLength(4 + 32 + 48);
    expect(verifyPossession(key.publicKey(), provePossession(key))).toBe(true);
    expect(verifyPossession(negated(key.publicKey()), provePossession(key))).toBe(false);
  });

  it("checks a batch larger than one native call", () => {
    const signature = key.sign(message);
    const set = { publicKeys: [key.publicKey()], message, signature };
    const sets = Array.from({ length: 130 }, (_, index) => (index % 65 === 3 ? { ...set, message: signature } : set));
    expect(verifyBatch(sets)).toEqual([3, 68]);
  });
});
