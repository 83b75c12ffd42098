import {
  type AccountId,
  assert,
  compareBytes,
  encodeOutboundMessage,
  encodeStateUpdate,
  equalBytes,
  err,
  idBytes,
  type ImportCursor,
  limits as bounds,
  type MessageHash,
  ok,
  type OutboundMessage,
  type Receipt,
  type Result,
  sha256Hex,
  type StateChange,
  type ThreadId,
  threadOf,
} from "@sealwright/types";
import { messageRejection } from "./blockRules.js";
import type { AccountReader, Engine, MessageContext, Outcome } from "./engine.js";
import type {
  AdmittedMessage,
  ApplyOutcome,
  BlockBuilder,
  BlockContext,
  BlockLimits,
  ImportedRange,
  ImportError,
  ImportRange,
  SealedExecution,
  Trace,
} from "./executor.js";
import { checkRange } from "./importRules.js";
import { rejection } from "./rejection.js";
import { accountPath } from "./state/accountTrie.js";
import type { Digest } from "./state/digest.js";
import { dedupeEntry, secondOf } from "./state/dedupeWindow.js";
import {
  accountKey,
  cursorKey,
  CURSOR_KEY_BYTES,
  ACCOUNT_KEY_BYTES,
  DEDUPE_KEY_BYTES,
  dedupeKey,
  QUEUE_ENDS_KEY,
  QUEUED_KEY_BYTES,
  TOTALS_KEY,
} from "./state/entryKeys.js";
import { CURSOR_BYTES, encodeCursor } from "./state/importCursors.js";
import { QUEUE_ENDS_BYTES, type QueueChange } from "./state/internalQueue.js";
import { State } from "./state/state.js";
import { addTotals, encodeTotals, TOTALS_BYTES } from "./state/totals.js";

/** An account that this block read: decoded once, encoded once. */
interface Slot<Account> {
  readonly path: Digest;
  /** As in the parent's state. */
  readonly before: Uint8Array | null;
  account: Account | null;
  /** Counted towards the update so far; 0 = not written. */
  countedBytes: number;
}

/** Bytes of one change beside key and value: key length, presence, value length. */
const CHANGE_FRAME_BYTES = 4 + 1 + 4;
const RECEIPT_FRAME_BYTES = 32 + 2 + 4 + 4;
const OUTBOUND_FRAME_BYTES = 32 + 32 + 4;
const EXTERNAL_FRAME_BYTES = 4;
const HASH_ENTRY_BYTES = 32;
const NEW_SECOND_BYTES = CHANGE_FRAME_BYTES + DEDUPE_KEY_BYTES;
const QUEUED_FRAME_BYTES = CHANGE_FRAME_BYTES + QUEUED_KEY_BYTES;

/** How much of every limit may be in use, in quarters, after messages that waited, then imports, then externals. */
const SHARE = { queued: 2, imported: 3, external: 4 } as const;
const WHOLE = 4;
type Share = (typeof SHARE)[keyof typeof SHARE];
/** In the order in which a block lists their receipts. */
const ORIGINS = ["queued", "imported", "external"] as const;
type Origin = (typeof ORIGINS)[number];

/**
 * Executes messages on top of a parent's state, one by one, and counts what they cost before it accepts them: what is
 * over a limit leaves no trace. Sizes are upper bounds and part of the rules: builder and verifier count alike.
 *
 * What waits in the thread's queue comes first, then imports, then externals; what those send to accounts of this thread
 * joins the queue's end and follows at once while there is room. Waiting messages and imports leave a share of every
 * limit to those behind them, so that none of the three can keep the others out.
 */
export class Builder<Message, Account> implements BlockBuilder {
  readonly #slots = new Map<AccountId, Slot<Account>>();
  readonly #reader: AccountReader<Account> = { get: (id) => this.#slot(id).account };
  readonly #newHashes = new Map<number, MessageHash[]>();
  readonly #seen = new Set<MessageHash>();
  readonly #cursors = new Map<ThreadId, ImportCursor>();
  readonly #externals: Uint8Array[] = [];
  readonly #outbound: OutboundMessage[] = [];
  readonly #receipts: Record<Origin, Receipt[]> = { queued: [], imported: [], external: [] };
  readonly #traces: Trace[] = [];
  /** Messages that this block put into the queue; the first of them stands at the place of the parent's tail. */
  readonly #queued: OutboundMessage[] = [];
  readonly #imported: ImportedRange[] = [];
  readonly #leavingKeys: readonly Uint8Array[];
  #importedCount = 0;
  #totals;
  #gasUsed = 0n;
  #updateBytes: number;
  #otherBytes = 0;
  #lt: bigint;
  #queueHead: bigint;
  #begun = false;
  #sealed = false;

  constructor(
    readonly engine: Engine<Message, Account>,
    readonly parent: State,
    readonly context: BlockContext,
    readonly limits: BlockLimits,
    readonly contentOf: (message: AdmittedMessage) => Message,
  ) {
    assert(parent.threadId === context.threadId, "a block is of its parent's thread");
    this.#totals = parent.totals;
    const { ends } = parent.parts.queue;
    this.#lt = ends.lt;
    this.#queueHead = ends.head;
    this.#leavingKeys = parent.parts.dedupe.leavingKeys(context.timeMs);
    this.#updateBytes =
      4 +
      CHANGE_FRAME_BYTES +
      TOTALS_KEY.length +
      TOTALS_BYTES +
      CHANGE_FRAME_BYTES +
      QUEUE_ENDS_KEY.length +
      QUEUE_ENDS_BYTES +
      this.#leavingKeys.length * (CHANGE_FRAME_BYTES + DEDUPE_KEY_BYTES);
  }

  importMessages(range: ImportRange): Result<ImportedRange, ImportError> {
    assert(!this.#sealed && this.#externals.length === 0, "imports come first");
    this.#begin();
    const expected = this.#cursors.get(range.source) ?? this.parent.parts.cursors.get(range.source);
    const error = checkRange(range, expected, this.context);
    if (error !== null) return err(error);
    let to = range.to;
    const framesBytes = this.#cursors.has(range.source) ? 0 : CHANGE_FRAME_BYTES + CURSOR_KEY_BYTES + CURSOR_BYTES;
    if (!this.#hasRoom(framesBytes, 0, SHARE.imported)) to = range.from;
    else {
      this.#updateBytes += framesBytes;
      const stopped = range.messages.find(({ message }) => !this.#import(message));
      if (stopped !== undefined) to = stopped.at;
    }
    const imported = { source: range.source, from: range.from, to };
    if (to.height !== range.from.height || to.position !== range.from.position) {
      this.#cursors.set(range.source, to);
      this.#imported.push(imported);
    }
    this.#drain(SHARE.imported);
    return ok(imported);
  }

  apply(message: AdmittedMessage): ApplyOutcome {
    assert(!this.#sealed, "a sealed block takes no message");
    const refused = messageRejection(message, this.context);
    if (refused !== null) return { type: "skipped", rejection: refused };
    this.#begin();
    if (this.#isKnown(message))
      return { type: "skipped", rejection: rejection("duplicate", "the message was executed already") };
    if (this.#externals.length >= this.limits.externalsMax) return { type: "full" };
    const outcome = this.engine.execute(this.contentOf(message), message.hash, this.#reader, this.#messageContext());
    const second = secondOf(message.expiresAtMs);
    const updateBytes = HASH_ENTRY_BYTES + (this.#newHashes.has(second) ? 0 : NEW_SECOND_BYTES);
    const costs = { updateBytes, otherBytes: EXTERNAL_FRAME_BYTES + message.bytes.length, share: SHARE.external };
    const receipt = this.#perform("external", message.hash, outcome, costs);
    if (receipt === null) return this.#noRoom();
    this.#externals.push(message.bytes);
    this.#remember(message.hash, second);
    this.#drain(SHARE.external);
    return { type: "applied", receipt };
  }

  /** What does not fit an empty block fits none: refused, or it would stand first in the queue for ever. */
  #noRoom(): ApplyOutcome {
    if (!this.#isEmpty()) return { type: "full" };
    return { type: "skipped", rejection: rejection("tooLarge", "the message does not fit even an empty block") };
  }

  seal(): SealedExecution {
    assert(!this.#sealed, "a block is sealed once");
    this.#begin();
    this.#sealed = true;
    const queueChange = this.#queueChange();
    const accounts = this.#changedAccounts();
    const entries = [...this.#newHashes]
      .sort(([a], [b]) => a - b)
      .map(([second, hashes]) => dedupeEntry(second, this.context.height, hashes));
    const { parts } = this.parent;
    const changed = {
      accounts: parts.accounts.update(accounts),
      dedupe: parts.dedupe.advance(this.context.timeMs, entries),
      cursors: parts.cursors.with(this.#cursors),
      totals: this.#totals,
      queue: parts.queue.advance(queueChange),
    };
    const state = new State(this.parent.threadId, changed, this.#traces);
    const changes: StateChange[] = [
      ...accounts.map(({ id, value }) => ({ key: accountKey(id), value })),
      ...[...this.#cursors]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([source, cursor]) => ({ key: cursorKey(source), value: encodeCursor(cursor) })),
      ...mergeByKey(
        this.#leavingKeys.map((key) => ({ key, value: null })),
        entries.map(({ second, height, hashes }) => ({ key: dedupeKey(second, height), value: hashes })),
      ),
      ...this.#changedTotals(),
      ...parts.queue.changes(queueChange),
    ];
    const stateUpdate = encodeStateUpdate(changes);
    assert(stateUpdate.length <= this.#updateBytes, "what was counted bounds the update");
    return {
      externals: this.#externals,
      outbound: this.#outbound,
      receipts: ORIGINS.flatMap((origin) => this.#receipts[origin]),
      imported: this.#imported,
      stateUpdate,
      stateRoot: state.root,
      gasUsed: this.#gasUsed,
      state,
    };
  }

  #import(message: OutboundMessage): boolean {
    if (this.#importedCount >= this.limits.importsMax) return false;
    if (!this.#receive("imported", message, SHARE.imported)) return false;
    this.#importedCount++;
    return true;
  }

  /** What the blocks before left in the queue goes first. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#drain(SHARE.queued);
  }

  /** Executes what waits in this thread's queue, in order, until a share of the block is full. */
  #drain(share: Share): void {
    const { tail } = this.parent.parts.queue.ends;
    for (; this.#queueHead < tail + BigInt(this.#queued.length); this.#queueHead++) {
      const waiting =
        this.#queueHead < tail
          ? this.parent.parts.queue.at(this.#queueHead)
          : this.#queued[Number(this.#queueHead - tail)];
      assert(waiting !== undefined, "a place between the ends of the queue holds a message");
      if (!this.#receive("queued", waiting, share)) return;
    }
  }

  #receive(origin: "queued" | "imported", message: OutboundMessage, share: Share): boolean {
    const hash = sha256Hex(encodeOutboundMessage(message)) as MessageHash;
    const outcome = this.engine.receive(message, this.#reader, this.#messageContext());
    const isFirst = this.#isEmpty();
    const frameBytes = origin === "queued" ? QUEUED_FRAME_BYTES : 0;
    const costs = { updateBytes: frameBytes, otherBytes: 0, share: isFirst ? WHOLE : share } as const;
    if (this.#perform(origin, hash, outcome, costs) !== null) return true;
    if (!isFirst) return false;
    // It would stand first in every block to come, and nothing behind it would ever execute.
    const discarded = this.#perform(origin, hash, this.engine.discard(message), costs);
    assert(discarded !== null, "a discarded message fits an empty block");
    return true;
  }

  #messageContext(): MessageContext {
    return { ...this.context, lt: this.#lt };
  }

  #isEmpty(): boolean {
    return ORIGINS.every((origin) => this.#receipts[origin].length === 0);
  }

  #queueChange(): QueueChange {
    const { tail } = this.parent.parts.queue.ends;
    const executed = this.#queueHead > tail ? Number(this.#queueHead - tail) : 0;
    const ends = { head: this.#queueHead, tail: tail + BigInt(this.#queued.length), lt: this.#lt };
    return { ends, added: this.#queued.slice(executed) };
  }

  /** All of the outcome, or nothing: null when it does not fit. */
  #perform(
    origin: Origin,
    messageHash: MessageHash,
    outcome: Outcome<Account>,
    costs: { readonly updateBytes: number; readonly otherBytes: number; readonly share: Share },
  ): Receipt | null {
    const isOwn = (message: OutboundMessage): boolean => this.#isOwn(message);
    const queued = outcome.outbound.filter(isOwn);
    const outbound = outcome.outbound.filter((message) => !isOwn(message));
    const update =
      costs.updateBytes + this.#growthOf(outcome) + outboundBytes(queued) + queued.length * QUEUED_FRAME_BYTES;
    const other = costs.otherBytes + RECEIPT_FRAME_BYTES + outcome.detail.length + outboundBytes(outbound);
    if (!this.#hasRoom(update, other, costs.share)) return null;
    if ((this.#gasUsed + BigInt(outcome.gasUsed)) * BigInt(WHOLE) > this.limits.gasMax * BigInt(costs.share))
      return null;
    if (!isWithin(this.#outbound.length + outbound.length, this.limits.outboundMax, costs.share)) return null;
    this.#updateBytes += update;
    this.#otherBytes += other;
    this.#gasUsed += BigInt(outcome.gasUsed);
    for (const { id, account } of outcome.writes) this.#write(id, account);
    this.#totals = addTotals(this.#totals, outcome.totals);
    this.#outbound.push(...outbound);
    this.#queued.push(...queued);
    this.#lt = outcome.lt ?? this.#lt;
    if (outcome.trace !== undefined) this.#traces.push(outcome.trace);
    const receipt = { messageHash, code: outcome.code, gasUsed: outcome.gasUsed, detail: outcome.detail };
    this.#receipts[origin].push(receipt);
    return receipt;
  }

  #hasRoom(updateBytes: number, otherBytes: number, share: Share): boolean {
    const update = this.#updateBytes + updateBytes;
    const all = update + this.#otherBytes + otherBytes;
    return isWithin(update, bounds.STATE_UPDATE_BYTES_MAX, share) && isWithin(all, this.limits.sizeBytesMax, share);
  }

  #isOwn(message: OutboundMessage): boolean {
    return threadOf(this.context.threadsTable, message.destination) === this.context.threadId;
  }

  #growthOf(outcome: Outcome<Account>): number {
    let bytes = 0;
    for (const { id, account } of outcome.writes)
      bytes += Math.max(0, this.#writtenBytes(account) - this.#slot(id).countedBytes);
    return bytes;
  }

  #write(id: AccountId, account: Account | null): void {
    const slot = this.#slot(id);
    slot.account = account;
    slot.countedBytes = Math.max(slot.countedBytes, this.#writtenBytes(account));
  }

  #writtenBytes(account: Account | null): number {
    return CHANGE_FRAME_BYTES + ACCOUNT_KEY_BYTES + (account === null ? 0 : this.engine.accountSizeBytes(account));
  }

  #slot(id: AccountId): Slot<Account> {
    const known = this.#slots.get(id);
    if (known !== undefined) return known;
    const path = accountPath(idBytes(id));
    const before = this.parent.parts.accounts.get(path);
    const slot = { path, before, account: before === null ? null : this.engine.decodeAccount(before), countedBytes: 0 };
    this.#slots.set(id, slot);
    return slot;
  }

  #isKnown(message: AdmittedMessage): boolean {
    return this.#seen.has(message.hash) || this.parent.parts.dedupe.has(message.hash, message.expiresAtMs);
  }

  #remember(hash: MessageHash, second: number): void {
    this.#seen.add(hash);
    const hashes = this.#newHashes.get(second);
    if (hashes === undefined) this.#newHashes.set(second, [hash]);
    else hashes.push(hash);
  }

  /** Ascending by id; only those that are not as they were. */
  #changedAccounts(): { id: AccountId; path: Digest; value: Uint8Array | null }[] {
    const changed = [];
    for (const [id, slot] of this.#slots) {
      if (slot.countedBytes === 0) continue;
      const value = slot.account === null ? null : this.engine.encodeAccount(slot.account);
      if (!isSameValue(value, slot.before)) changed.push({ id, path: slot.path, value });
    }
    return changed.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #changedTotals(): StateChange[] {
    const value = encodeTotals(this.#totals);
    return equalBytes(value, encodeTotals(this.parent.totals)) ? [] : [{ key: TOTALS_KEY, value }];
  }
}

function isSameValue(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b);
}

function isWithin(used: number, max: number, share: Share): boolean {
  return used * WHOLE <= max * share;
}

function outboundBytes(messages: readonly OutboundMessage[]): number {
  return messages.reduce((sum, message) => sum + OUTBOUND_FRAME_BYTES + message.body.length, 0);
}

/** Expiry seconds that leave lie below those that come, unless time has jumped; sort anyway, order is a rule. */
function mergeByKey(a: readonly StateChange[], b: readonly StateChange[]): StateChange[] {
  return [...a, ...b].sort((x, y) => compareBytes(x.key, y.key));
}
