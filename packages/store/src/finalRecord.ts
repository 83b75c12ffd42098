import {
  type BlockId,
  ByteWriter,
  decode,
  type DecodeError,
  type Height,
  height,
  type Result,
} from "@sealwright/types";

/** What consensus keeps per final block beside the proof: targets, counts; its meaning belongs to the caller. */
export const FACTS_BYTES_MAX = 1024 * 1024;

/** One entry of a thread's chain of final blocks. */
export interface FinalRecord {
  readonly height: Height;
  readonly blockId: BlockId;
  readonly facts: Uint8Array;
}

export function encodeFinalRecord(record: FinalRecord): Uint8Array {
  return new ByteWriter(64 + record.facts.length).u64(record.height).hex(record.blockId).bytes(record.facts).finish();
}

export function decodeFinalRecord(bytes: Uint8Array): Result<FinalRecord, DecodeError> {
  return decode(bytes, (reader) => ({
    height: height(reader.u64()),
    blockId: reader.hex(32) as BlockId,
    facts: reader.bytes(FACTS_BYTES_MAX),
  }));
}
