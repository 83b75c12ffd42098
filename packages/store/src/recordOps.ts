import {
  assert,
  type BlockId,
  blockIdFromBytes,
  concatBytes,
  type DecodeError,
  err,
  HASH_BYTES,
  ok,
  type Result,
  STATE_KEY_BYTES_MAX,
  type StateChange,
  type ThreadId,
} from "@sealwright/types";
import { prefixes } from "./keys.js";
import type { KeyValueOp } from "./keyValueStore.js";
import { wrapValue } from "./value.js";

/** Writes a versioned, checksummed value. */
export function putOp(key: Uint8Array, payload: Uint8Array): Extract<KeyValueOp, { type: "put" }> {
  return { type: "put", key, value: wrapValue(key, payload) };
}

/** Changes of a thread's final state. Most of their keys is the thread, which is written out once. */
export function stateOps(threadId: ThreadId, changes: readonly StateChange[]): KeyValueOp[] {
  const prefix = prefixes.state(threadId);
  return changes.map(({ key: entryKey, value }) => {
    assert(entryKey.length <= STATE_KEY_BYTES_MAX, `state key of ${entryKey.length} bytes is over the limit`);
    const key = concatBytes(prefix, entryKey);
    return value === null ? { type: "delete", key } : putOp(key, value);
  });
}

/** A value that is nothing but a block id. */
export function decodeId(bytes: Uint8Array): Result<BlockId, DecodeError> {
  if (bytes.length === HASH_BYTES) return ok(blockIdFromBytes(bytes));
  return err({ code: "decodeError", reason: `a block id has ${HASH_BYTES} bytes`, offset: bytes.length });
}
