import { limits } from "@sealwright/types";

/** Small enough that a frame of clients' messages never holds up votes for long. */
const BATCH_BYTES_MAX = 512 * 1024;

/** Cuts messages into runs that each fit a frame, in order. */
export function* forwardBatches(messages: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const message of messages) {
    const isFull = bytes + message.length > BATCH_BYTES_MAX || batch.length >= limits.FORWARDED_MESSAGES_MAX;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += message.length;
  }
  if (batch.length > 0) yield batch;
}
