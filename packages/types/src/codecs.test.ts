import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ATTESTATION_BYTES,
  encodeAggregatedAttestation,
  encodeAttestation,
  readAggregatedAttestation,
  readAttestation,
  readSignedAttestation,
  writeSignedAttestation,
} from "./attestation.js";
import {
  encodeOutboundMessage,
  encodeReceipt,
  readBlockBody,
  readOutboundMessage,
  readReceipt,
  readRef,
  writeBlockBody,
  writeRef,
} from "./blockBody.js";
import { decodeBlockHeader, encodeBlockHeader, HEADER_BYTES } from "./blockHeader.js";
import { concatBytes } from "./bytes.js";
import { type ByteReader, decode } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { decodeAccusation, encodeAccusation } from "./accusation.js";
import { decodeEvidence, encodeEvidence } from "./evidence.js";
import { decodeFinalityProof, encodeFinalityProof, readInclusionProof, writeInclusionProof } from "./finalityProof.js";
import type { SignerIndex } from "./ids.js";
import type { Result } from "./result.js";
import { decodeSealedBlock } from "./sealedBlock.js";
import {
  decodeSnapshotChunk,
  decodeSnapshotManifest,
  encodeSnapshotChunk,
  encodeSnapshotManifest,
} from "./snapshot.js";
import { decodeStateUpdate, encodeStateUpdate } from "./stateChange.js";
import { readSwitchCertificate, writeSwitchCertificate } from "./switchCertificate.js";
import { createArbitraries } from "./testing/arbitraries.js";
import { decodeVoteState, encodeVoteState } from "./voteState.js";
import { decodeWireMessage, encodeWireMessage } from "./wire.js";

const any = createArbitraries(fc);
type Codec<T> = {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Result<T, { readonly code: string }>;
};

/** For structures that only travel inside others. */
function nested<T>(write: (writer: ByteWriter, value: T) => void, read: (reader: ByteReader) => T): Codec<T> {
  const encode = (value: T): Uint8Array => {
    const writer = new ByteWriter(8);
    write(writer, value);
    return writer.finish();
  };
  return { encode, decode: (bytes) => decode(bytes, read) };
}

function describeCodec<T>(name: string, values: Arbitrary<T>, codec: Codec<T>): void {
  describe(name, () => {
    it("comes back as it was encoded", () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(codec.decode(codec.encode(value))).toEqual({ ok: true, value });
        }),
      );
    });

    it("is refused when its end is missing, wherever it is cut", () => {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = codec.encode(value);
          for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 200)) {
            if (codec.decode(bytes.subarray(0, length)).ok) throw new Error(`taken when cut to ${length}`);
          }
        }),
        { numRuns: 20 },
      );
    });

    it("is refused with bytes left over", () => {
      fc.assert(
        fc.property(values, fc.uint8Array({ minLength: 1, maxLength: 5 }), (value, extra) => {
          expect(codec.decode(concatBytes(codec.encode(value), extra)).ok).toBe(false);
        }),
      );
    });

    it("[I12] never throws on random or damaged bytes, and what it takes has no second spelling", () => {
      const damaged = fc.tuple(values, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
        const bytes = codec.encode(value).slice();
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        return bytes;
      });
      fc.assert(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged, damaged), (bytes) => {
          const result = codec.decode(bytes);
          if (result.ok) expect(Buffer.compare(codec.encode(result.value), bytes)).toBe(0);
        }),
        { numRuns: 300 },
      );
    });

    it("[I12] never throws on lengths and counts as large as they can be written", () => {
      fc.assert(
        fc.property(values, fc.nat(), (value, at) => {
          const bytes = codec.encode(value).slice();
          bytes.fill(0xff, at % (bytes.length + 1));
          codec.decode(bytes);
          codec.decode(new Uint8Array(1 + (at % 400)).fill(0xff));
        }),
      );
    });
  });
}

describeCodec("attestation", any.attestation, {
  encode: encodeAttestation,
  decode: (bytes) => decode(bytes, readAttestation),
});
describeCodec("signed attestation", any.signedAttestation, nested(writeSignedAttestation, readSignedAttestation));
describeCodec("aggregated attestation", any.aggregate, {
  encode: encodeAggregatedAttestation,
  decode: (bytes) => decode(bytes, readAggregatedAttestation),
});
describeCodec("switch certificate", any.switchCertificate, nested(writeSwitchCertificate, readSwitchCertificate));
describeCodec("block header", any.header, { encode: encodeBlockHeader, decode: decodeBlockHeader });
describeCodec(
  "inclusion proof",
  any.inclusionProof,
  nested(writeInclusionProof, (r) => readInclusionProof(r, 128)),
);
describeCodec("finality proof", any.finalityProof, { encode: encodeFinalityProof, decode: decodeFinalityProof });
describeCodec("ref", any.ref, nested(writeRef, readRef));
describeCodec("outbound message", any.outbound, {
  encode: encodeOutboundMessage,
  decode: (bytes) => decode(bytes, readOutboundMessage),
});
describeCodec("receipt", any.receipt, { encode: encodeReceipt, decode: (bytes) => decode(bytes, readReceipt) });
describeCodec("block body", any.body, nested(writeBlockBody, readBlockBody));
describeCodec("sealed block", any.sealedBlock, { encode: (block) => block.bytes, decode: decodeSealedBlock });
describeCodec("vote state", any.voteState, { encode: encodeVoteState, decode: decodeVoteState });
describeCodec("state update", any.stateUpdate, { encode: encodeStateUpdate, decode: decodeStateUpdate });
describeCodec("evidence", any.evidence, { encode: encodeEvidence, decode: decodeEvidence });
describeCodec(
  "accusation",
  fc.oneof(
    any.evidence.map((evidence) => ({ type: "evidence" as const, evidence })),
    any.signedAck.map((ack) => ({ type: "ack" as const, ack })),
    any.signedNack.map((nack) => ({ type: "nack" as const, nack })),
  ),
  { encode: encodeAccusation, decode: decodeAccusation },
);
describeCodec("snapshot manifest", any.snapshotManifest, {
  encode: encodeSnapshotManifest,
  decode: decodeSnapshotManifest,
});
describeCodec("snapshot chunk", any.snapshotEntries, { encode: encodeSnapshotChunk, decode: decodeSnapshotChunk });
describeCodec("wire message", any.wireMessage, { encode: encodeWireMessage, decode: decodeWireMessage });

describe("forms that no encoder writes", () => {
  const first = <T>(values: Arbitrary<T>): T => fc.sample(values, { numRuns: 1, seed: 1 })[0]!;
  const reasonOf = (result: Result<unknown, { readonly code: string; readonly reason?: string }>): string =>
    result.ok ? "taken" : (result.error.reason ?? result.error.code);

  it.each([
    ["unsorted", [2, 1]],
    ["repeated", [1, 1]],
    ["repeated later", [1, 2, 2, 3]],
  ])("[§3] signers that are %s are refused: a keeper counts once", (_case, signers) => {
    const aggregate = { ...first(any.aggregate), signers: signers as SignerIndex[] };
    const result = decode(encodeAggregatedAttestation(aggregate), readAggregatedAttestation);
    expect(reasonOf(result)).toBe("signers must be strictly ascending");
  });

  it("[§3] an aggregate that nobody signed is refused", () => {
    const bytes = encodeAggregatedAttestation({ ...first(any.aggregate), signers: [] });
    expect(reasonOf(decode(bytes, readAggregatedAttestation))).toBe("no signers");
  });

  it("[S5] Locks of one keeper twice, or out of order, are refused", () => {
    const { encode, decode: read } = nested(writeSwitchCertificate, readSwitchCertificate);
    const certificate = first(any.switchCertificate);
    const lock = { ...certificate.locks[0]!, signer: 5 as SignerIndex };
    const next = { ...lock, signer: 4 as SignerIndex };
    for (const locks of [
      [lock, lock],
      [lock, next],
    ]) {
      expect(reasonOf(read(encode({ ...certificate, locks })))).toBe("locks must be strictly ascending by signer");
    }
    expect(read(encode({ ...certificate, locks: [next, lock] })).ok).toBe(true);
  });

  it("a third target, an unknown version, an unknown message and unsorted state keys are refused", () => {
    const attestation = encodeAttestation(first(any.attestation));
    attestation[ATTESTATION_BYTES - 1] = 2;
    expect(reasonOf(decode(attestation, readAttestation))).toBe("flag must be 0 or 1");
    const header = encodeBlockHeader(first(any.header));
    expect(header).toHaveLength(HEADER_BYTES);
    header[1] = 2;
    expect(reasonOf(decodeBlockHeader(header))).toBe("unknown block version");
    expect(reasonOf(decodeWireMessage(Uint8Array.of(99)))).toBe("unknown message tag 99");
    const key = Uint8Array.of(1);
    const twice = [
      { key, value: null },
      { key, value: key },
    ];
    expect(reasonOf(decodeStateUpdate(encodeStateUpdate(twice)))).toBe("keys must be strictly ascending");
  });

  it("an inclusion proof outside its list, or of a longer list than allowed, is refused", () => {
    const { encode } = nested(writeInclusionProof, (r) => readInclusionProof(r, 128));
    const read = (index: number, count: number): string =>
      reasonOf(decode(encode({ index, count, siblings: [] }), (r) => readInclusionProof(r, 128)));
    expect(read(3, 3)).toBe("inclusion proof outside its list");
    expect(read(3, 129)).toBe("inclusion proof outside its list");
    expect(read(3, 128)).toBe("taken");
  });
});
