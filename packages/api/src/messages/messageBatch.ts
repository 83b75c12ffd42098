import { ByteReader, ByteWriter, type DecodeError, err, ok, type Result } from "@sealwright/types";

/** Content type of a batch of messages as u32 big-endian length and bytes, repeated: the fast way in for many. */
export const MESSAGE_BATCH_TYPE = "application/x-sealwright-messages";
/** Messages of one request. */
export const MESSAGES_PER_BATCH_MAX = 2_000;

/** Why a body is no batch: cut off, more than `MESSAGES_PER_BATCH_MAX`, or without any message. */
export type BatchDecodeError = DecodeError | { readonly code: "tooMany" } | { readonly code: "empty" };

/** The body of a request with content type `MESSAGE_BATCH_TYPE`. */
export function encodeMessageBatch(messages: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(messages.reduce((sum, message) => sum + 4 + message.length, 0));
  for (const message of messages) writer.bytes(message);
  return writer.finish();
}

/** @returns views into `bytes`; the size of each message is not judged here */
export function decodeMessageBatch(bytes: Uint8Array): Result<Uint8Array[], BatchDecodeError> {
  const reader = new ByteReader(bytes);
  const messages: Uint8Array[] = [];
  while (reader.remaining > 0) {
    if (messages.length === MESSAGES_PER_BATCH_MAX) return err({ code: "tooMany" });
    const offset = bytes.length - reader.remaining;
    if (reader.remaining < 4) return err({ code: "decodeError", reason: "input ends inside a length", offset });
    const length = reader.u32();
    if (length > reader.remaining) return err({ code: "decodeError", reason: "input ends inside a message", offset });
    messages.push(reader.fixed(length));
  }
  return messages.length === 0 ? err({ code: "empty" }) : ok(messages);
}
