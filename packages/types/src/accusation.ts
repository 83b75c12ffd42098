import { assertNever } from "./assert.js";
import { type ByteReader, decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { decodeEvidence, encodeEvidence, type Evidence } from "./evidence.js";
import { ACCUSATION_BYTES_MAX } from "./limits.js";
import { err, ok, type Result } from "./result.js";
import {
  readSignedAck,
  readSignedNack,
  type SignedAck,
  type SignedNack,
  writeSignedAck,
  writeSignedNack,
} from "./verdict.js";

/**
 * What a block carries about keepers' conduct. It proves only that it was said, and an Ack's or a Nack's own signature
 * has still to be checked by whoever makes use of it; evidence proves itself besides.
 */
export type Accusation =
  | { readonly type: "ack"; readonly ack: SignedAck }
  | { readonly type: "nack"; readonly nack: SignedNack }
  | { readonly type: "evidence"; readonly evidence: Evidence };

const TAG = { ack: 0, nack: 1, evidence: 2 } as const satisfies Record<Accusation["type"], number>;

/** As it stands in `CommonSection.accusations`. */
export function encodeAccusation(accusation: Accusation): Uint8Array {
  const writer = new ByteWriter(1_024).u8(TAG[accusation.type]);
  switch (accusation.type) {
    case "ack":
      writeSignedAck(writer, accusation.ack);
      return writer.finish();
    case "nack":
      writeSignedNack(writer, accusation.nack);
      return writer.finish();
    case "evidence":
      return writer.bytes(encodeEvidence(accusation.evidence)).finish();
    default:
      return assertNever(accusation);
  }
}

type Parts = Exclude<Accusation, { type: "evidence" }> | { readonly type: "evidence"; readonly bytes: Uint8Array };

/** Checks form only, for any bytes: what an accusation shows is for consensus to say. */
export function decodeAccusation(bytes: Uint8Array): Result<Accusation, DecodeError> {
  const parts = decode(bytes, readParts);
  if (!parts.ok || parts.value.type !== "evidence") return parts as Result<Accusation, DecodeError>;
  const evidence = decodeEvidence(parts.value.bytes);
  return evidence.ok ? ok({ type: "evidence", evidence: evidence.value }) : err(evidence.error);
}

function readParts(reader: ByteReader): Parts {
  const tag = reader.u8();
  switch (tag) {
    case TAG.ack:
      return { type: "ack", ack: readSignedAck(reader) };
    case TAG.nack:
      return { type: "nack", nack: readSignedNack(reader) };
    case TAG.evidence:
      return { type: "evidence", bytes: reader.bytes(ACCUSATION_BYTES_MAX) };
    default:
      return reader.fail(`unknown accusation ${tag}`);
  }
}
