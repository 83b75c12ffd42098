import { concatBytes, fromHex, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import {
  decodeSigningPayload,
  encodeAuthenticationPayload,
  encodeOperation,
  encodeSigningPayload,
  fitnessElements,
  level,
  parsePublicKeyHash,
  round,
  schemeSigns,
  SIGNATURE_SCHEMES,
  slot,
  voteSigningPayload,
} from "../index.js";
import { SAMPLE_CHAIN_ID, sampleAttestation, sampleBlockHeader, samplePreattestation } from "../testing/index.js";

const block = () => encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header: sampleBlockHeader() });
const preattestation = () =>
  encodeSigningPayload(voteSigningPayload("ed25519", SAMPLE_CHAIN_ID, samplePreattestation()));

function errorOf(bytes: Uint8Array): unknown {
  const decoded = decodeSigningPayload(bytes);
  return decoded.ok ? "accepted" : decoded.error;
}

function with32(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(offset, value);
  return copy;
}

describe("offsets that other signers read", () => {
  it("[T10] level and round of a vote stand at 40 and 44, in BLS mode at 38 and 42", () => {
    const vote = samplePreattestation({ level: 0x01020304, round: 0x05060708 });
    const view = (scheme: "ed25519" | "bls") =>
      new DataView(encodeSigningPayload(voteSigningPayload(scheme, SAMPLE_CHAIN_ID, vote)).buffer);
    expect([view("ed25519").getUint32(40), view("ed25519").getUint32(44)]).toEqual([0x01020304, 0x05060708]);
    expect([view("bls").getUint32(38), view("bls").getUint32(42)]).toEqual([0x01020304, 0x05060708]);
  });

  it("[T10] a block payload has its level at 5, its fitness at 83, and at least 198 bytes", () => {
    const bytes = block();
    const view = new DataView(bytes.buffer);
    expect(bytes).toHaveLength(198);
    expect([view.getUint32(5), view.getUint32(83)]).toEqual([1_331, 33]);
  });

  it("[T10] a locked round makes the fitness 37 bytes long, and the round stays its last word", () => {
    const locked = { level: level(7), lockedRound: round(1), predecessorRound: round(0), round: round(3) };
    const header = { ...sampleBlockHeader({ level: 7 }), fitness: fitnessElements(locked) };
    const bytes = encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header });
    const view = new DataView(bytes.buffer);
    expect([view.getUint32(83), view.getUint32(83 + 37)]).toEqual([37, 3]);
    expect(unwrap(decodeSigningPayload(bytes))).toMatchObject({ level: 7, round: 3, fitness: locked });
  });
});

describe("refusals", () => {
  it("[T11] nothing at all is refused", () => {
    expect(errorOf(new Uint8Array())).toEqual({ code: "empty" });
  });

  it.each([[0x00], [0x01], [0x02], [0x04], [0x05], [0x10], [0x14], [0xff]])(
    "[T11] watermark %i is not ours to sign",
    (watermark) => {
      const bytes = block();
      bytes[0] = watermark;
      expect(errorOf(bytes)).toEqual({ code: "unknownWatermark", watermark });
    },
  );

  it("[T11] an attestation behind the watermark of preattestations is refused, and the reverse", () => {
    const attestation = encodeSigningPayload(voteSigningPayload("bls", SAMPLE_CHAIN_ID, sampleAttestation()));
    attestation[0] = 0x12;
    expect(errorOf(attestation)).toMatchObject({ code: "watermarkMismatch", kind: "blsModeAttestation" });
    const swapped = preattestation();
    swapped[0] = 0x13;
    expect(errorOf(swapped)).toMatchObject({ code: "watermarkMismatch", kind: "preattestation" });
  });

  it("[T11] aggregates and nonce revelations are no votes", () => {
    const { branch, payloadHash } = samplePreattestation();
    const target = { branch, level: level(1), round: round(0), payloadHash };
    const aggregate = { kind: "preattestationsAggregate", ...target, committee: [slot(1)] } as const;
    const revelation = { kind: "seedNonceRevelation", branch, level: level(1), nonce: new Uint8Array(32) } as const;
    for (const operation of [aggregate, revelation]) {
      const bytes = concatBytes(Uint8Array.of(0x12), SAMPLE_CHAIN_ID, encodeOperation(operation));
      expect(errorOf(bytes)).toMatchObject({ code: "watermarkMismatch", kind: operation.kind });
    }
  });

  it("[T11] a vote behind the watermark of operations is refused", () => {
    const bytes = concatBytes(Uint8Array.of(0x03), encodeOperation(sampleAttestation()));
    expect(errorOf(bytes)).toMatchObject({ code: "watermarkMismatch", watermark: 0x03 });
  });

  it("[T11] an operation needs contents and stays below its limit", () => {
    const branch = sampleAttestation().branch;
    expect(errorOf(concatBytes(Uint8Array.of(0x03), branch))).toMatchObject({ code: "decodeError" });
    const huge = concatBytes(Uint8Array.of(0x03), branch, Uint8Array.of(0x6c), new Uint8Array(64 * 1024));
    expect(errorOf(huge)).toMatchObject({ code: "decodeError" });
  });

  it("[T12] negative levels and rounds are refused", () => {
    expect(errorOf(with32(preattestation(), 40, 0x8000_0000))).toMatchObject({ code: "decodeError" });
    expect(errorOf(with32(preattestation(), 44, 0xffff_ffff))).toMatchObject({ code: "decodeError" });
    expect(errorOf(with32(block(), 5, 0x8000_0000))).toMatchObject({ code: "decodeError" });
    expect(errorOf(with32(block(), 83 + 33, 0x8000_0000))).toMatchObject({ code: "notFitness" });
  });

  it("[T13] a block whose fitness says another level is refused", () => {
    const header = { ...sampleBlockHeader({ level: 8 }), level: level(9) };
    const bytes = encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header });
    expect(errorOf(bytes)).toEqual({ code: "fitnessLevelMismatch", level: 9, fitnessLevel: 8 });
  });

  it("[T13] a block whose payload is younger than its round is refused", () => {
    const header = { ...sampleBlockHeader({ round: 2 }), payloadRound: round(3) };
    const bytes = encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header });
    expect(errorOf(bytes)).toEqual({ code: "payloadRoundAboveRound", payloadRound: 3, round: 2 });
  });

  it("[T13] a block with the fitness of an older protocol is refused: it has no round", () => {
    const header = { ...sampleBlockHeader(), fitness: [Uint8Array.of(1), new Uint8Array(8)] };
    const bytes = encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header });
    expect(errorOf(bytes)).toMatchObject({ code: "notFitness" });
  });

  it("[T13] a block whose round does not exceed its locked round is refused", () => {
    const fitness = fitnessElements({
      level: level(1_331),
      lockedRound: round(2),
      predecessorRound: round(0),
      round: round(2),
    });
    const header = { ...sampleBlockHeader(), fitness };
    const bytes = encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header });
    expect(errorOf(bytes)).toEqual({ code: "roundNotAboveLockedRound", round: 2, lockedRound: 2 });
  });
});

describe("forms by scheme", () => {
  it("[T14] only tz4 keys sign votes in BLS mode, and they sign no others", () => {
    for (const vote of [samplePreattestation(), sampleAttestation({}, 5n)]) {
      for (const made of SIGNATURE_SCHEMES) {
        const request = voteSigningPayload(made, SAMPLE_CHAIN_ID, vote);
        for (const scheme of SIGNATURE_SCHEMES) {
          expect(schemeSigns(scheme, request)).toBe((scheme === "bls") === (made === "bls"));
        }
      }
    }
    const header = sampleBlockHeader();
    expect(
      SIGNATURE_SCHEMES.every((scheme) => schemeSigns(scheme, { type: "block", chainId: SAMPLE_CHAIN_ID, header })),
    ).toBe(true);
  });

  it("[T14] tz4 voters with different slots and DAL content sign the same bytes", () => {
    const one = { ...sampleAttestation({}, 5n), slot: slot(1) };
    const other = { ...sampleAttestation(), slot: slot(2) };
    const bytesOf = (vote: typeof one) => encodeSigningPayload(voteSigningPayload("bls", SAMPLE_CHAIN_ID, vote));
    expect(bytesOf(one)).toEqual(bytesOf(other));
  });
});

describe("authentication of a request", () => {
  it("[T15] names the key with its tag and is never a payload to sign", () => {
    const key = unwrap(parsePublicKeyHash("tz4FkA9iARD8zDB6VTDrxz9SreTtK2PzFKrh"));
    const bytes = encodeAuthenticationPayload(key, Uint8Array.of(0x11, 0x22));
    expect(bytes).toEqual(concatBytes(fromHex("040103") ?? new Uint8Array(), key.hash, Uint8Array.of(0x11, 0x22)));
    expect(errorOf(bytes)).toEqual({ code: "unknownWatermark", watermark: 0x04 });
  });
});
