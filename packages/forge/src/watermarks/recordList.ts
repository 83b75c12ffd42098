import { ByteWriter, decode, type DecodeError, type Result } from "@sealwright/types";
import type { MarkRecord } from "./marks.js";
import { readRecord, writeRecord } from "./recordCodec.js";

const VERSION = 1;
const RECORDS_MAX = 4_096;

/** All records of one scope in one value, for stores that keep a row per scope. */
export function encodeRecordList(records: readonly MarkRecord[]): Uint8Array {
  const writer = new ByteWriter(64 + records.length * 160).u8(VERSION);
  return writer.list(records, writeRecord).finish();
}

export function decodeRecordList(bytes: Uint8Array): Result<readonly MarkRecord[], DecodeError> {
  return decode(bytes, (reader) => {
    const version = reader.u8();
    if (version !== VERSION) reader.fail(`unknown version ${version}`);
    return reader.list(RECORDS_MAX, 1, readRecord);
  });
}
