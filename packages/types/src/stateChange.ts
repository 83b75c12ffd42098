import { type ByteReader, decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { STATE_UPDATE_BYTES_MAX } from "./limits.js";
import type { Result } from "./result.js";

/** One changed entry of a thread's state; a null value deletes it. */
export interface StateChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Longer keys cannot be decoded, so an engine must not make them. */
export const STATE_KEY_BYTES_MAX = 64;
const CHANGE_BYTES_MIN = 4 + 1;
const CHANGES_MAX = 200_000;

/**
 * A block's state update is the list of entries that it changed, in the order of their keys. Whatever the engine keeps
 * in them, every node can store a final state and apply an update without knowing the engine.
 */
export function encodeStateUpdate(changes: readonly StateChange[]): Uint8Array {
  const writer = new ByteWriter(4_096);
  writer.list(changes, (w, change) => w.bytes(change.key).option(change.value, (v, value) => v.bytes(value)));
  return writer.finish();
}

/** Refuses keys that are not strictly ascending: one state change has one encoding. */
export function decodeStateUpdate(bytes: Uint8Array): Result<StateChange[], DecodeError> {
  return decode(bytes, (reader) => {
    const changes = reader.list(CHANGES_MAX, CHANGE_BYTES_MIN, readChange);
    for (let i = 1; i < changes.length; i++) {
      if (Buffer.compare(changes[i - 1]!.key, changes[i]!.key) >= 0) reader.fail("keys must be strictly ascending");
    }
    return changes;
  });
}

function readChange(reader: ByteReader): StateChange {
  return { key: reader.bytes(STATE_KEY_BYTES_MAX), value: reader.option((r) => r.bytes(STATE_UPDATE_BYTES_MAX)) };
}
