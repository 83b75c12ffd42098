import {
  type AccountId,
  type ByteReader,
  ByteWriter,
  decode,
  type DecodeError,
  type Height,
  height,
  limits,
  type Result,
  type ThreadId,
} from "@sealwright/types";

/** How a final block's message changed an account, in the engine's own words. */
export interface TraceRecord {
  readonly account: AccountId;
  /** Orders the traces of an account: each is later than those before it. */
  readonly lt: bigint;
  readonly bytes: Uint8Array;
}

/** A trace with the block that it belongs to. */
export interface PlacedTrace extends TraceRecord {
  readonly threadId: ThreadId;
  readonly height: Height;
}

const PLACE_BYTES = 34 + 8;
const NAME_BYTES = 32 + 8;
const TRACES_PER_BLOCK_MAX = limits.RECEIPTS_PER_BLOCK_MAX;

/** thread 34 | height u64 | the engine's bytes */
export function encodeTrace(threadId: ThreadId, at: Height, bytes: Uint8Array): Uint8Array {
  return new ByteWriter(PLACE_BYTES + bytes.length).hex(threadId).u64(at).fixed(bytes, bytes.length).finish();
}

export function decodeTrace(payload: Uint8Array): Result<Omit<PlacedTrace, "account" | "lt">, DecodeError> {
  return decode(payload, (reader) => ({
    threadId: reader.hex(34) as ThreadId,
    height: height(reader.u64()),
    bytes: reader.fixed(reader.remaining).slice(),
  }));
}

/** Which traces a block left, so that they go with it. */
export function encodeTraceNames(traces: readonly TraceRecord[]): Uint8Array {
  const writer = new ByteWriter(traces.length * NAME_BYTES + 4);
  return writer.list(traces, (w, { account, lt }) => w.hex(account).u64(lt)).finish();
}

export function decodeTraceNames(payload: Uint8Array): Result<Omit<TraceRecord, "bytes">[], DecodeError> {
  const readName = (reader: ByteReader): Omit<TraceRecord, "bytes"> => ({
    account: reader.hex(32) as AccountId,
    lt: reader.u64(),
  });
  return decode(payload, (reader) => reader.list(TRACES_PER_BLOCK_MAX, NAME_BYTES, readName));
}
