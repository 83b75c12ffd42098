import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyBeacon,
  type BeaconClaim,
  type BeaconMarks,
  decideBeacon,
  NO_BEACON_MARKS,
  recordsOfBeacon,
} from "./beaconMarks.js";
import { decodeRecord, encodeRecord } from "./recordCodec.js";
import {
  applyTezos,
  decideTezos,
  NO_TEZOS_MARKS,
  recordsOfTezos,
  type TezosClaim,
  type TezosMarks,
} from "./tezosMarks.js";

const digest = fc.constantFrom("a", "b").map((letter) => letter.repeat(64));
const tezosClaim: fc.Arbitrary<TezosClaim> = fc.record({
  type: fc.constantFrom("block", "preattestation", "attestation"),
  level: fc.nat(4),
  round: fc.nat(3),
  digest,
  signature: fc.constant(null),
});
const beaconClaim: fc.Arbitrary<BeaconClaim> = fc.oneof(
  fc.record({ type: fc.constant("block" as const), slot: fc.bigInt(0n, 5n), digest }),
  fc.record({
    type: fc.constant("attestation" as const),
    source: fc.bigInt(0n, 4n),
    target: fc.bigInt(0n, 5n),
    digest,
  }),
);

describe("Tezos marks after any claims", () => {
  it("[I3] never fall, never have two contents at one place, and are the same from their own records", () => {
    fc.assert(
      fc.property(fc.array(tezosClaim, { maxLength: 40 }), (claims) => {
        let marks: TezosMarks = NO_TEZOS_MARKS;
        const signed = new Map<string, string>();
        for (const claim of claims) {
          const decision = decideTezos(marks, claim);
          if (decision.kind === "refused") continue;
          const place = `${claim.type} ${claim.level} ${claim.round}`;
          expect(signed.get(place) ?? claim.digest).toBe(claim.digest);
          signed.set(place, claim.digest);
          const before = marks[claim.type];
          if (decision.kind === "sign") marks = applyTezos(marks, decision.record);
          const after = marks[claim.type];
          expect(
            after !== null &&
              (before === null ||
                after.level > before.level ||
                (after.level === before.level && after.round >= before.round)),
          ).toBe(true);
        }
        expect(recordsOfTezos(marks).reverse().reduce(applyTezos, NO_TEZOS_MARKS)).toEqual(marks);
        for (const record of recordsOfTezos(marks))
          expect(decodeRecord(encodeRecord({ chain: "tezos", record }))).toEqual({
            ok: true,
            value: { chain: "tezos", record },
          });
      }),
    );
  });
});

describe("Ethereum's marks after any claims", () => {
  it("[I3] leave no double vote, no surrounding vote and no second block in a slot", () => {
    fc.assert(
      fc.property(fc.array(beaconClaim, { maxLength: 40 }), (claims) => {
        let marks: BeaconMarks = NO_BEACON_MARKS;
        const signed: BeaconClaim[] = [];
        for (const claim of claims) {
          const decision = decideBeacon(marks, claim);
          if (decision.kind === "refused") continue;
          if (decision.kind === "sign") {
            marks = applyBeacon(marks, decision.record);
            signed.push(claim);
          }
        }
        for (const one of signed) {
          for (const other of signed) {
            if (one === other) continue;
            if (one.type === "block" && other.type === "block") expect(one.slot).not.toBe(other.slot);
            if (one.type !== "attestation" || other.type !== "attestation") continue;
            expect(one.target).not.toBe(other.target);
            expect(one.source < other.source && other.target < one.target).toBe(false);
          }
        }
        expect(recordsOfBeacon(marks).reduce(applyBeacon, NO_BEACON_MARKS)).toEqual(marks);
        for (const record of recordsOfBeacon(marks))
          expect(decodeRecord(encodeRecord({ chain: "beacon", record }))).toEqual({
            ok: true,
            value: { chain: "beacon", record },
          });
      }),
    );
  });

  it("keep the digest that was first when an import names the same numbers", () => {
    const first = applyBeacon(NO_BEACON_MARKS, { type: "attestation", source: 1n, target: 2n, digest: "a".repeat(64) });
    const again = applyBeacon(first, { type: "attestation", source: 1n, target: 2n, digest: "b".repeat(64) });
    expect(decideBeacon(again, { type: "attestation", source: 1n, target: 2n, digest: "b".repeat(64) }).kind).toBe(
      "refused",
    );
  });
});
