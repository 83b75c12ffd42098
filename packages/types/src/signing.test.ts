import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "./bytes.js";
import type { NetworkId } from "./ids.js";
import {
  attestationSigningBytes,
  blockSigningBytes,
  lockSigningBytes,
  SIGNING_KIND,
  signingBytes,
  type SigningKind,
} from "./signing.js";
import { createArbitraries } from "./testing/arbitraries.js";

const any = createArbitraries(fc);
const NETWORK = "11".repeat(32) as NetworkId;
const OTHER = "12".repeat(32) as NetworkId;

describe("signed bytes", () => {
  it("[§3] begin with the kind of message and the network, each kind with its own 4 bytes", () => {
    const kinds = Object.keys(SIGNING_KIND) as SigningKind[];
    expect(new Set(Object.values(SIGNING_KIND)).size).toBe(kinds.length);
    for (const kind of kinds) {
      const bytes = signingBytes(kind, NETWORK, Uint8Array.of(7));
      expect(Buffer.from(bytes.subarray(0, 4)).toString("ascii")).toBe(SIGNING_KIND[kind]);
      expect(toHex(bytes.subarray(4))).toBe(`${NETWORK}07`);
    }
  });

  it("[§3] of an attestation differ for another network and for every other field", () => {
    fc.assert(
      fc.property(any.attestation, any.attestation, (one, two) => {
        expect(attestationSigningBytes(NETWORK, one)).not.toEqual(attestationSigningBytes(OTHER, one));
        for (const field of Object.keys(one) as (keyof typeof one)[]) {
          if (one[field] === two[field]) continue;
          const changed = attestationSigningBytes(NETWORK, { ...one, [field]: two[field] });
          expect(changed, field).not.toEqual(attestationSigningBytes(NETWORK, one));
        }
      }),
    );
  });

  it("[§3] of different kinds never equal each other, whatever they say", () => {
    fc.assert(
      fc.property(any.attestation, (a) => {
        const { threadId, term, height, blockId } = a;
        const block = blockSigningBytes(NETWORK, { threadId, term, height, round: term as bigint as never, blockId });
        const lock = lockSigningBytes(NETWORK, { threadId, term, qcTerm: term, qcHeight: height, qcBlockId: blockId });
        const all = [attestationSigningBytes(NETWORK, a), block, lock].map(toHex);
        expect(new Set(all).size).toBe(3);
      }),
    );
  });

  it("[S2] of a Lock name thread, term, and rank and id of the certificate", () => {
    const lock = {
      threadId: "22".repeat(34) as never,
      term: 3n as never,
      qcTerm: 2n as never,
      qcHeight: 9n as never,
      qcBlockId: "44".repeat(32) as never,
    };
    expect(toHex(lockSigningBytes(NETWORK, lock))).toBe(
      Buffer.from("LCK1").toString("hex") +
        NETWORK +
        "22".repeat(34) +
        "0000000000000003" +
        "0000000000000002" +
        "0000000000000009" +
        "44".repeat(32),
    );
  });
});
