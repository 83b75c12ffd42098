import {
  type BlockId,
  ByteWriter,
  decode,
  type DecodeError,
  type Height,
  height,
  type Result,
  type ThreadId,
  type UnixMs,
} from "@sealwright/types";

/** In the order that a message goes through; the last three are final answers (protocol M3: `final` too). */
export const MESSAGE_STATES = ["queued", "included", "prefinal", "final", "rejected", "expired"] as const;
/** One of `MESSAGE_STATES`. */
export type MessageState = (typeof MESSAGE_STATES)[number];

/** What a node says about an external message when asked by its hash. */
export interface MessageStatusRecord {
  readonly state: MessageState;
  readonly threadId: ThreadId;
  /** The block that holds it, while it is included, prefinal or final. */
  readonly height?: Height;
  readonly blockId?: BlockId;
  /** The receipt's code, or the code of the refusal. */
  readonly code?: number;
  /** The receipt's gas; records of earlier versions have none. */
  readonly gasUsed?: number;
  /** When it came to this: block time of what is final or rejected. */
  readonly atMs?: UnixMs;
  /** Of a message that expired. */
  readonly expiresAtMs?: UnixMs;
}

/** True when the state can never change again. */
export function isFinalAnswer(state: MessageState): boolean {
  return state === "final" || state === "rejected" || state === "expired";
}

/** Bytes of a record, as they are stored. */
export function encodeMessageStatus(record: MessageStatusRecord): Uint8Array {
  const writer = new ByteWriter(128)
    .u8(MESSAGE_STATES.indexOf(record.state))
    .hex(record.threadId)
    .option(record.height ?? null, (w, value) => w.u64(value))
    .option(record.blockId ?? null, (w, value) => w.hex(value))
    .option(record.code ?? null, (w, value) => w.u32(value))
    .option(record.atMs ?? null, (w, value) => w.u53(value))
    .option(record.expiresAtMs ?? null, (w, value) => w.u53(value));
  // Behind everything, and only when it is there: so records of earlier versions are read as they are.
  return (record.gasUsed === undefined ? writer : writer.u32(record.gasUsed)).finish();
}

/** The inverse of `encodeMessageStatus`; total, whatever the bytes are. */
export function decodeMessageStatus(bytes: Uint8Array): Result<MessageStatusRecord, DecodeError> {
  return decode(bytes, (reader) => {
    const state = MESSAGE_STATES[reader.u8()] ?? reader.fail("unknown message state");
    const threadId = reader.hex(34) as ThreadId;
    const at = reader.option((r) => height(r.u64()));
    const blockId = reader.option((r) => r.hex(32) as BlockId);
    const code = reader.option((r) => r.u32());
    const atMs = reader.option((r) => r.time());
    const expiresAtMs = reader.option((r) => r.time());
    const gasUsed = reader.remaining === 0 ? null : reader.u32();
    return {
      state,
      threadId,
      ...(at !== null && { height: at }),
      ...(blockId !== null && { blockId }),
      ...(code !== null && { code }),
      ...(gasUsed !== null && { gasUsed }),
      ...(atMs !== null && { atMs }),
      ...(expiresAtMs !== null && { expiresAtMs }),
    };
  });
}
