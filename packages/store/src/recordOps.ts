import {
  assert,
  type BlockId,
  blockIdFromBytes,
  type DecodeError,
  err,
  HASH_BYTES,
  ok,
  type Result,
  STATE_KEY_BYTES_MAX,
  type ThreadId,
} from "@sealwright/types";
import { keys } from "./keys.js";
import type { KeyValueOp } from "./keyValueStore.js";
import { wrapValue } from "./value.js";

/** Writes a versioned, checksummed value. */
export function putOp(key: Uint8Array, payload: Uint8Array): Extract<KeyValueOp, { type: "put" }> {
  return { type: "put", key, value: wrapValue(key, payload) };
}

/** One change of a thread's final state. */
export function stateOp(threadId: ThreadId, entryKey: Uint8Array, value: Uint8Array | null): KeyValueOp {
  assert(entryKey.length <= STATE_KEY_BYTES_MAX, `state key of ${entryKey.length} bytes is over the limit`);
  const key = keys.state(threadId, entryKey);
  return value === null ? { type: "delete", key } : putOp(key, value);
}

/** A value that is nothing but a block id. */
export function decodeId(bytes: Uint8Array): Result<BlockId, DecodeError> {
  if (bytes.length === HASH_BYTES) return ok(blockIdFromBytes(bytes));
  return err({ code: "decodeError", reason: `a block id has ${HASH_BYTES} bytes`, offset: bytes.length });
}
