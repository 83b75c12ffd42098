import {
  ByteReader,
  decode,
  type DecodeError,
  decodeStateUpdate,
  err,
  type Height,
  height,
  type ImportCursor,
  ok,
  readCursor,
  readOutboundMessage,
  type Result,
  type StateChange,
  type ThreadId,
  toHex,
} from "@sealwright/types";
import { EXPIRY_AHEAD_MS_MAX } from "../blockRules.js";
import type { BlockContext, Totals, UpdateError } from "../executor.js";
import { accountPath, type TrieChange } from "./accountTrie.js";
import { type DedupeEntry, DedupeWindow, secondOf } from "./dedupeWindow.js";
import { ACCOUNT_KEY_BYTES, CURSOR_KEY_BYTES, DEDUPE_KEY_BYTES, ENTRY_KIND, QUEUED_KEY_BYTES } from "./entryKeys.js";
import { CURSOR_BYTES, ImportCursors } from "./importCursors.js";
import { decodeQueueEnds, InternalQueue, type QueueEnds } from "./internalQueue.js";
import { isSortedHashes } from "./sortedHashes.js";
import { EMPTY_PARTS, State } from "./state.js";
import { decodeTotals } from "./totals.js";

type IsAccount = (value: Uint8Array) => boolean;

/** Changed entries by what they are about. */
interface Sorted {
  readonly accounts: TrieChange[];
  readonly cursors: Map<ThreadId, ImportCursor>;
  readonly added: DedupeEntry[];
  readonly removedKeys: Uint8Array[];
  totals: Totals | null;
  queueEnds: QueueEnds | null;
  readonly queued: Map<bigint, Uint8Array>;
  readonly unqueued: bigint[];
}

/** A state from all its entries, in any order. */
export function loadState(
  threadId: ThreadId,
  entries: Iterable<StateChange>,
  isAccount: IsAccount,
): Result<State, UpdateError> {
  const sorted = sortChanges(entries, isAccount);
  if (!sorted.ok) return sorted;
  const { accounts, cursors, added, removedKeys, totals, queueEnds, queued, unqueued } = sorted.value;
  if (removedKeys.length > 0 || unqueued.length > 0 || accounts.some(({ value }) => value === null))
    return bad("a whole state has no deletions");
  if (totals === null) return bad("the totals are missing");
  if (hasDuplicates(accounts.map(({ path }) => path))) return bad("an account comes twice");
  if (hasDuplicates(added.map(({ second, height: at }) => `${second}/${at}`))) return bad("a dedupe entry comes twice");
  const queue = InternalQueue.fromEntries(queueEnds, queued);
  if (queue === null) return bad("the queue's messages are not those between its ends");
  const parts = {
    accounts: EMPTY_PARTS.accounts.update(accounts),
    dedupe: DedupeWindow.fromEntries(added),
    cursors: new ImportCursors(cursors),
    totals,
    queue,
  };
  return ok(new State(threadId, parts));
}

/**
 * A block's update on its parent's state. Everything that the root alone would not pin down is checked here, above
 * all that dedupe entries leave exactly when they must; what remains differs from execution in the root.
 */
export function applyUpdate(
  parent: State,
  context: BlockContext,
  update: Uint8Array,
  isAccount: IsAccount,
): Result<State, UpdateError> {
  const changes = decodeStateUpdate(update);
  if (!changes.ok) return bad(describe(changes.error));
  const sorted = sortChanges(changes.value, isAccount);
  if (!sorted.ok) return sorted;
  const { accounts, cursors, added, removedKeys, totals, queueEnds, queued, unqueued } = sorted.value;
  const leaving = parent.parts.dedupe.leavingKeys(context.timeMs).map(toHex);
  const sameKeys = removedKeys.length === leaving.length && removedKeys.every((key, i) => toHex(key) === leaving[i]);
  if (!sameKeys) return bad("dedupe entries leave exactly when their second is over");
  if (!added.every((entry) => mayAdd(entry, context))) return bad("a dedupe entry of another height or time");
  const queue = parent.parts.queue.advanceByEntries(queueEnds, queued, unqueued);
  if (queue === null) return bad("the queue is taken from at its front and added to at its end");
  const { parts } = parent;
  return ok(
    new State(parent.threadId, {
      accounts: parts.accounts.update(accounts),
      dedupe: parts.dedupe.advance(context.timeMs, added),
      cursors: parts.cursors.with(cursors),
      totals: totals ?? parts.totals,
      queue,
    }),
  );
}

function mayAdd(entry: DedupeEntry, context: BlockContext): boolean {
  const first = secondOf(context.timeMs);
  return (
    entry.height === context.height &&
    entry.second >= first &&
    entry.second * 1_000 <= context.timeMs + EXPIRY_AHEAD_MS_MAX
  );
}

function sortChanges(changes: Iterable<StateChange>, isAccount: IsAccount): Result<Sorted, UpdateError> {
  const sorted: Sorted = {
    accounts: [],
    cursors: new Map(),
    added: [],
    removedKeys: [],
    totals: null,
    queueEnds: null,
    queued: new Map(),
    unqueued: [],
  };
  for (const change of changes) {
    const reason = sortChange(sorted, change, isAccount);
    if (reason !== null) return bad(`${reason} at key ${toHex(change.key)}`);
  }
  return ok(sorted);
}

/** @returns what is wrong with the entry, or null */
function sortChange(sorted: Sorted, { key, value }: StateChange, isAccount: IsAccount): string | null {
  switch (key[0]) {
    case ENTRY_KIND.account:
      if (key.length !== ACCOUNT_KEY_BYTES || (value !== null && !isAccount(value))) return "no account";
      sorted.accounts.push({ path: accountPath(key.subarray(1)), value: value === null ? null : value.slice() });
      return null;
    case ENTRY_KIND.cursor:
      if (key.length !== CURSOR_KEY_BYTES || value?.length !== CURSOR_BYTES) return "no cursor";
      sorted.cursors.set(toHex(key.subarray(1)) as ThreadId, readCursor(new ByteReader(value)));
      return null;
    case ENTRY_KIND.dedupe:
      return sortDedupe(sorted, key, value);
    case ENTRY_KIND.totals:
      sorted.totals = key.length === 1 && value !== null ? decodeTotals(value) : null;
      return sorted.totals === null ? "no totals" : null;
    case ENTRY_KIND.queueEnds:
      sorted.queueEnds = key.length === 1 && value !== null ? decodeQueueEnds(value) : null;
      return sorted.queueEnds === null ? "no ends of a queue" : null;
    case ENTRY_KIND.queued:
      return sortQueued(sorted, key, value);
    case undefined:
    default:
      return "unknown kind of entry";
  }
}

function sortQueued(sorted: Sorted, key: Uint8Array, value: Uint8Array | null): string | null {
  if (key.length !== QUEUED_KEY_BYTES) return "no message of a queue";
  const place = new ByteReader(key.subarray(1)).u64();
  if (value === null) sorted.unqueued.push(place);
  else if (sorted.queued.has(place) || !decode(value, readOutboundMessage).ok) return "no message of a queue";
  else sorted.queued.set(place, value.slice());
  return null;
}

function sortDedupe(sorted: Sorted, key: Uint8Array, value: Uint8Array | null): string | null {
  if (key.length !== DEDUPE_KEY_BYTES) return "no dedupe entry";
  if (value === null) {
    sorted.removedKeys.push(key);
    return null;
  }
  const reader = new ByteReader(key.subarray(1));
  const second = reader.u64();
  if (second > BigInt(SECOND_MAX) || value.length === 0 || !isSortedHashes(value)) return "no dedupe entry";
  const at: Height = height(reader.u64());
  sorted.added.push({ second: Number(second), height: at, hashes: value.slice() });
  return null;
}

/** So that its milliseconds are a safe integer. */
const SECOND_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 1_000);

function hasDuplicates(keys: readonly string[]): boolean {
  return new Set(keys).size !== keys.length;
}

function describe(error: DecodeError): string {
  return `${error.reason} at byte ${error.offset}`;
}

function bad(reason: string): { readonly ok: false; readonly error: UpdateError } {
  return err({ code: "badUpdate", reason });
}
