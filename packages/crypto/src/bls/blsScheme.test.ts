import { unwrap } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeBls } from "../testing/fakeBls.js";
import { blstScheme, type BlsScheme } from "./blsScheme.js";
import type { BlsSigningKey } from "./blsSecretKey.js";
import { provePossession } from "./proofOfPossession.js";

const MESSAGE = new TextEncoder().encode("block 7 of thread 0");
const OTHER = new TextEncoder().encode("block 8 of thread 0");

function makeKeys(scheme: BlsScheme, count: number): BlsSigningKey[] {
  const random = new SeededRandom(7);
  return Array.from({ length: count }, () => {
    const secret = random.bytes(32);
    secret[0] = 0; // below the group's order
    return unwrap(scheme.secretKeyFromBytes(secret));
  });
}

function describeBlsScheme(name: string, scheme: BlsScheme): void {
  describe(name, () => {
    const keys = makeKeys(scheme, 12);
    const publicKeys = keys.map((key) => key.publicKey());
    const signatures = keys.map((key) => key.sign(MESSAGE));
    const [alice, bob] = keys as [BlsSigningKey, BlsSigningKey];
    const pick = <T>(list: readonly T[], index: number): T => list[index] as T;

    it("gives keys of 48 and signatures of 96 bytes, the same each time", () => {
      expect(alice.publicKey()).toHaveLength(48);
      expect(alice.sign(MESSAGE)).toHaveLength(96);
      expect(alice.sign(MESSAGE)).toEqual(alice.sign(MESSAGE));
    });

    it("accepts a signature for its key and message only", () => {
      const signature = alice.sign(MESSAGE);
      expect(scheme.verify(alice.publicKey(), MESSAGE, signature)).toBe(true);
      expect(scheme.verify(bob.publicKey(), MESSAGE, signature)).toBe(false);
      expect(scheme.verify(alice.publicKey(), OTHER, signature)).toBe(false);
    });

    it("takes an empty message like any other", () => {
      const empty = new Uint8Array(0);
      expect(scheme.verify(alice.publicKey(), empty, alice.sign(empty))).toBe(true);
    });

    it("refuses a secret key of zero or of the wrong size", () => {
      expect(scheme.secretKeyFromBytes(new Uint8Array(32))).toEqual({ ok: false, error: { code: "badSecretKey" } });
      expect(scheme.secretKeyFromBytes(new Uint8Array(31).fill(1)).ok).toBe(false);
    });

    it("verifies an aggregate against exactly its signers, in any order", () => {
      const aggregate = unwrap(scheme.aggregateSignatures(signatures));
      expect(scheme.verifyAggregate(publicKeys, MESSAGE, aggregate)).toBe(true);
      expect(scheme.verifyAggregate([...publicKeys].reverse(), MESSAGE, aggregate)).toBe(true);
      expect(scheme.verifyAggregate(publicKeys.slice(1), MESSAGE, aggregate)).toBe(false);
      expect(scheme.verifyAggregate([...publicKeys, pick(publicKeys, 0)], MESSAGE, aggregate)).toBe(false);
    });

    it("adds aggregates up again", () => {
      const left = unwrap(scheme.aggregateSignatures(signatures.slice(0, 5)));
      const right = unwrap(scheme.aggregateSignatures(signatures.slice(5)));
      const both = unwrap(scheme.aggregateSignatures([left, right]));
      expect(both).toEqual(unwrap(scheme.aggregateSignatures(signatures)));
    });

    it("counts a key twice only when it signed twice", () => {
      const twice = unwrap(scheme.aggregateSignatures([alice.sign(MESSAGE), alice.sign(MESSAGE)]));
      expect(scheme.verifyAggregate([alice.publicKey(), alice.publicKey()], MESSAGE, twice)).toBe(true);
      expect(scheme.verifyAggregate([alice.publicKey()], MESSAGE, twice)).toBe(false);
    });

    it("refuses an empty aggregate and an empty list of signers", () => {
      expect(scheme.aggregateSignatures([])).toEqual({ ok: false, error: { code: "nothingToAggregate" } });
      expect(scheme.verifyAggregate([], MESSAGE, alice.sign(MESSAGE))).toBe(false);
      expect(scheme.verifyAggregateDistinct([], alice.sign(MESSAGE))).toBe(false);
    });

    it("names the signature that cannot be aggregated", () => {
      const result = scheme.aggregateSignatures([alice.sign(MESSAGE), new Uint8Array(96).fill(3).fill(4, 50)]);
      expect(result).toEqual({ ok: false, error: { code: "badSignature", index: 1 } });
    });

    it("verifies one aggregate over a message per signer", () => {
      const items = keys.map((key, index) => ({ key, message: Uint8Array.of(index >> 1) }));
      const aggregate = unwrap(scheme.aggregateSignatures(items.map(({ key, message }) => key.sign(message))));
      const signed = items.map(({ key, message }) => ({ publicKey: key.publicKey(), message }));
      expect(scheme.verifyAggregateDistinct(signed, aggregate)).toBe(true);
      const swapped = signed.map((item, index) => ({ ...item, message: pick(signed, (index + 2) % 12).message }));
      expect(scheme.verifyAggregateDistinct(swapped, aggregate)).toBe(false);
    });

    it("finds every bad set of a batch, whichever they are", () => {
      const good = keys.map((key, index) => ({
        publicKeys: [key.publicKey(), pick(publicKeys, (index + 1) % 12)],
        message: Uint8Array.of(index),
        signature: unwrap(
          scheme.aggregateSignatures([
            key.sign(Uint8Array.of(index)),
            pick(keys, (index + 1) % 12).sign(Uint8Array.of(index)),
          ]),
        ),
      }));
      fc.assert(
        fc.property(fc.uniqueArray(fc.nat(11), { maxLength: 4 }), (wrong) => {
          const sets = good.map((set, index) => (wrong.includes(index) ? { ...set, message: OTHER } : set));
          expect(scheme.verifyBatch(sets)).toEqual([...wrong].sort((a, b) => a - b));
        }),
        { numRuns: 12, seed: 1 },
      );
    });

    it("finds nothing bad in an empty batch, and a set without keys bad", () => {
      expect(scheme.verifyBatch([])).toEqual([]);
      expect(scheme.verifyBatch([{ publicKeys: [], message: MESSAGE, signature: alice.sign(MESSAGE) }])).toEqual([0]);
    });

    it("merges what is good and names what is bad, whichever subset is bad and however", () => {
      const spoil = [
        (index: number) => pick(keys, index).sign(OTHER),
        (index: number) => pick(signatures, (index + 1) % 12),
        () => new Uint8Array(96),
        () => new Uint8Array(0),
      ];
      const wrongs = fc.uniqueArray(fc.tuple(fc.nat(11), fc.nat(3)), { selector: ([index]) => index, maxLength: 12 });
      fc.assert(
        fc.property(wrongs, (wrong) => {
          const items = keys.map((key, index) => ({ publicKey: key.publicKey(), signature: pick(signatures, index) }));
          for (const [index, how] of wrong) {
            items[index] = { publicKey: pick(publicKeys, index), signature: pick(spoil, how)(index) };
          }
          const merged = scheme.mergeSignatures(MESSAGE, items);
          const bad = wrong.map(([index]) => index).sort((a, b) => a - b);
          expect(merged.bad).toEqual(bad);
          expect(merged.good).toEqual([...items.keys()].filter((index) => !bad.includes(index)));
          if (merged.aggregate === null) return expect(merged.good).toEqual([]);
          const signers = merged.good.map((index) => pick(publicKeys, index));
          expect(scheme.verifyAggregate(signers, MESSAGE, merged.aggregate)).toBe(true);
        }),
        { numRuns: 15, seed: 2 },
      );
    });

    it("merges nothing into nothing", () => {
      expect(scheme.mergeSignatures(MESSAGE, [])).toEqual({ aggregate: null, good: [], bad: [] });
    });

    it("accepts a proof of possession from the key's holder only", () => {
      const proof = provePossession(alice);
      expect(scheme.verifyPossession(alice.publicKey(), proof)).toBe(true);
      expect(scheme.verifyPossession(bob.publicKey(), proof)).toBe(false);
      expect(scheme.verifyPossession(alice.publicKey(), alice.sign(alice.publicKey()))).toBe(false);
    });

    it("[I12] answers any bytes at all with false or an error, never with an exception", () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ minLength: 48, maxLength: 48 }),
        fc.uint8Array({ minLength: 96, maxLength: 96 }),
      );
      fc.assert(
        fc.property(bytes, bytes, (a, b) => {
          expect(scheme.verify(a, MESSAGE, b)).toBe(false);
          expect(scheme.verify(alice.publicKey(), MESSAGE, b)).toBe(false);
          expect(scheme.verify(a, MESSAGE, alice.sign(MESSAGE))).toBe(false);
          expect(scheme.verifyAggregate([alice.publicKey(), a], MESSAGE, b)).toBe(false);
          expect(scheme.verifyAggregateDistinct([{ publicKey: a, message: b }], b)).toBe(false);
          expect(scheme.verifyBatch([{ publicKeys: [a], message: MESSAGE, signature: b }])).toEqual([0]);
          expect(scheme.mergeSignatures(MESSAGE, [{ publicKey: a, signature: b }]).bad).toEqual([0]);
          expect(scheme.verifyPossession(a, b)).toBe(false);
          expect(scheme.aggregateSignatures([b]).ok).toBe(false);
          scheme.secretKeyFromBytes(a);
        }),
        { numRuns: 40, seed: 3 },
      );
    });
  });
}

describeBlsScheme("BLS over blst", blstScheme);
describeBlsScheme("fake BLS for simulations", fakeBls);

describe("fake and real BLS", () => {
  it("refuse each other's keys and signatures", () => {
    const [fake] = makeKeys(fakeBls, 1) as [BlsSigningKey];
    const [real] = makeKeys(blstScheme, 1) as [BlsSigningKey];
    expect(blstScheme.verify(fake.publicKey(), MESSAGE, fake.sign(MESSAGE))).toBe(false);
    expect(fakeBls.verify(real.publicKey(), MESSAGE, real.sign(MESSAGE))).toBe(false);
  });
});
