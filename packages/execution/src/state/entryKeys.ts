import { type AccountId, ByteWriter, type Height, type ThreadId } from "@sealwright/types";

/**
 * Keys of a state's entries: a kind, then what it is about. Kinds ascend in the order in which an update lists them.
 * account: 1 || account id · cursor: 2 || source thread · dedupe: 3 || expiry second u64 || height u64 · totals: 4 ·
 * queue's ends: 5 · message in the queue: 6 || place u64
 */
export const ENTRY_KIND = { account: 1, cursor: 2, dedupe: 3, totals: 4, queueEnds: 5, queued: 6 } as const;

export const ACCOUNT_KEY_BYTES = 1 + 32;
export const CURSOR_KEY_BYTES = 1 + 34;
export const DEDUPE_KEY_BYTES = 1 + 16;
export const QUEUED_KEY_BYTES = 1 + 8;
export const TOTALS_KEY: Uint8Array = Uint8Array.of(ENTRY_KIND.totals);
export const QUEUE_ENDS_KEY: Uint8Array = Uint8Array.of(ENTRY_KIND.queueEnds);

export function accountKey(id: AccountId): Uint8Array {
  return new ByteWriter(ACCOUNT_KEY_BYTES).u8(ENTRY_KIND.account).hex(id).finish();
}

export function cursorKey(source: ThreadId): Uint8Array {
  return new ByteWriter(CURSOR_KEY_BYTES).u8(ENTRY_KIND.cursor).hex(source).finish();
}

export function dedupeKey(second: number, height: Height): Uint8Array {
  return new ByteWriter(DEDUPE_KEY_BYTES).u8(ENTRY_KIND.dedupe).u53(second).u64(height).finish();
}

export function queuedKey(place: bigint): Uint8Array {
  return new ByteWriter(QUEUED_KEY_BYTES).u8(ENTRY_KIND.queued).u64(place).finish();
}
