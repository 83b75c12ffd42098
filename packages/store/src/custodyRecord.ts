import {
  ByteWriter,
  decode,
  type DecodeError,
  limits,
  type MessageHash,
  type Result,
  type ThreadId,
  type UnixMs,
} from "@sealwright/types";

/** An external message that this node offers to every new producer until its fate is final (protocol M2). */
export interface CustodyRecord {
  readonly hash: MessageHash;
  readonly threadId: ThreadId;
  /** As the client sent it. */
  readonly bytes: Uint8Array;
  readonly expiresAtMs: UnixMs;
}

/** Bytes of a record, as they are stored. */
export function encodeCustody(record: CustodyRecord): Uint8Array {
  return new ByteWriter(128 + record.bytes.length)
    .hex(record.hash)
    .hex(record.threadId)
    .u53(record.expiresAtMs)
    .bytes(record.bytes)
    .finish();
}

/** The inverse of `encodeCustody`; total, whatever the bytes are. */
export function decodeCustody(bytes: Uint8Array): Result<CustodyRecord, DecodeError> {
  return decode(bytes, (reader) => ({
    hash: reader.hex(32) as MessageHash,
    threadId: reader.hex(34) as ThreadId,
    expiresAtMs: reader.time(),
    bytes: reader.bytes(limits.EXTERNAL_MESSAGE_BYTES_MAX),
  }));
}
