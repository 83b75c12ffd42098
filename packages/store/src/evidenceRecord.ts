import {
  ByteWriter,
  decode,
  type DecodeError,
  type KeeperId,
  limits,
  type Result,
  sha256,
  type UnixMs,
} from "@sealwright/types";

/** A proof of a keeper's fault, as it is kept: its meaning belongs to consensus. */
export interface EvidenceRecord {
  readonly accused: KeeperId;
  /** Names the offence: of two proofs of one offence the first one is kept. */
  readonly offence: string;
  readonly seenAtMs: UnixMs;
  /** At most `EVIDENCE_BYTES_MAX`. */
  readonly bytes: Uint8Array;
}

const OFFENCE_BYTES_MAX = 512;
/** Records against one keeper; more would say nothing more. */
export const EVIDENCE_PER_KEEPER_MAX = 64;

/** What stands in keys for an offence. */
export function offenceHash(offence: string): Uint8Array {
  return sha256(Buffer.from(offence, "utf8"));
}

export function encodeEvidenceRecord(record: EvidenceRecord): Uint8Array {
  return new ByteWriter(256 + record.bytes.length)
    .hex(record.accused)
    .bytes(Buffer.from(record.offence, "utf8"))
    .u53(record.seenAtMs)
    .bytes(record.bytes)
    .finish();
}

export function decodeEvidenceRecord(bytes: Uint8Array): Result<EvidenceRecord, DecodeError> {
  return decode(bytes, (reader) => ({
    accused: reader.hex(32) as KeeperId,
    offence: Buffer.from(reader.bytes(OFFENCE_BYTES_MAX)).toString("utf8"),
    seenAtMs: reader.time(),
    bytes: reader.bytes(limits.EVIDENCE_BYTES_MAX),
  }));
}
