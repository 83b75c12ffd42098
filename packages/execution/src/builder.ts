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
} from "@sealwright/types";
import { messageRejection } from "./blockRules.js";
import type { AccountReader, Engine, Outcome } from "./engine.js";
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
  TOTALS_KEY,
} from "./state/entryKeys.js";
import { CURSOR_BYTES, encodeCursor } from "./state/importCursors.js";
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

/**
 * Executes messages on top of a parent's state, one by one, and counts what they cost before it accepts them: what is
 * over a limit leaves no trace. Sizes are upper bounds and part of the rules: builder and verifier count alike.
 */
export class Builder<Message, Account> implements BlockBuilder {
  readonly #slots = new Map<AccountId, Slot<Account>>();
  readonly #reader: AccountReader<Account> = { get: (id) => this.#slot(id).account };
  readonly #newHashes = new Map<number, MessageHash[]>();
  readonly #seen = new Set<MessageHash>();
  readonly #cursors = new Map<ThreadId, ImportCursor>();
  readonly #externals: Uint8Array[] = [];
  readonly #outbound: OutboundMessage[] = [];
  readonly #receipts: Receipt[] = [];
  readonly #imported: ImportedRange[] = [];
  readonly #leavingKeys: readonly Uint8Array[];
  #importedCount = 0;
  #totals;
  #gasUsed = 0n;
  #updateBytes: number;
  #otherBytes = 0;
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
    this.#leavingKeys = parent.parts.dedupe.leavingKeys(context.timeMs);
    this.#updateBytes =
      4 +
      CHANGE_FRAME_BYTES +
      TOTALS_KEY.length +
      TOTALS_BYTES +
      this.#leavingKeys.length * (CHANGE_FRAME_BYTES + DEDUPE_KEY_BYTES);
  }

  importMessages(range: ImportRange): Result<ImportedRange, ImportError> {
    assert(!this.#sealed && this.#externals.length === 0, "imports come first");
    const expected = this.#cursors.get(range.source) ?? this.parent.parts.cursors.get(range.source);
    const error = checkRange(range, expected, this.context);
    if (error !== null) return err(error);
    let to = range.to;
    const framesBytes = this.#cursors.has(range.source) ? 0 : CHANGE_FRAME_BYTES + CURSOR_KEY_BYTES + CURSOR_BYTES;
    if (!this.#hasRoom(framesBytes, 0)) to = range.from;
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
    return ok(imported);
  }

  apply(message: AdmittedMessage): ApplyOutcome {
    assert(!this.#sealed, "a sealed block takes no message");
    const refused = messageRejection(message, this.context);
    if (refused !== null) return { type: "skipped", rejection: refused };
    if (this.#isKnown(message))
      return { type: "skipped", rejection: rejection("duplicate", "the message was executed already") };
    if (this.#externals.length >= this.limits.externalsMax) return { type: "full" };
    const outcome = this.engine.execute(this.contentOf(message), message.hash, this.#reader, this.context);
    const second = secondOf(message.expiresAtMs);
    const updateBytes = HASH_ENTRY_BYTES + (this.#newHashes.has(second) ? 0 : NEW_SECOND_BYTES);
    const receipt = this.#perform(message.hash, outcome, updateBytes, EXTERNAL_FRAME_BYTES + message.bytes.length);
    if (receipt === null) return this.#noRoom();
    this.#externals.push(message.bytes);
    this.#remember(message.hash, second);
    return { type: "applied", receipt };
  }

  /** What does not fit an empty block fits none: refused, or it would stand first in the queue for ever. */
  #noRoom(): ApplyOutcome {
    if (this.#receipts.length > 0) return { type: "full" };
    return { type: "skipped", rejection: rejection("tooLarge", "the message does not fit even an empty block") };
  }

  seal(): SealedExecution {
    assert(!this.#sealed, "a block is sealed once");
    this.#sealed = true;
    const accounts = this.#changedAccounts();
    const entries = [...this.#newHashes]
      .sort(([a], [b]) => a - b)
      .map(([second, hashes]) => dedupeEntry(second, this.context.height, hashes));
    const { parts } = this.parent;
    const state = new State(this.parent.threadId, {
      accounts: parts.accounts.update(accounts),
      dedupe: parts.dedupe.advance(this.context.timeMs, entries),
      cursors: parts.cursors.with(this.#cursors),
      totals: this.#totals,
    });
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
    ];
    const stateUpdate = encodeStateUpdate(changes);
    assert(stateUpdate.length <= this.#updateBytes, "what was counted bounds the update");
    return {
      externals: this.#externals,
      outbound: this.#outbound,
      receipts: this.#receipts,
      imported: this.#imported,
      stateUpdate,
      stateRoot: state.root,
      gasUsed: this.#gasUsed,
      state,
    };
  }

  #import(message: OutboundMessage): boolean {
    if (this.#importedCount >= this.limits.importsMax) return false;
    const outcome = this.engine.receive(message, this.#reader, this.context);
    const hash = sha256Hex(encodeOutboundMessage(message)) as MessageHash;
    if (this.#perform(hash, outcome, 0, 0) === null) return false;
    this.#importedCount++;
    return true;
  }

  /** All of the outcome, or nothing: null when it does not fit. */
  #perform(
    messageHash: MessageHash,
    outcome: Outcome<Account>,
    updateBytes: number,
    otherBytes: number,
  ): Receipt | null {
    const update = updateBytes + this.#growthOf(outcome);
    const other = otherBytes + RECEIPT_FRAME_BYTES + outcome.detail.length + outboundBytes(outcome.outbound);
    if (!this.#hasRoom(update, other)) return null;
    if (this.#gasUsed + BigInt(outcome.gasUsed) > this.limits.gasMax) return null;
    if (this.#outbound.length + outcome.outbound.length > this.limits.outboundMax) return null;
    this.#updateBytes += update;
    this.#otherBytes += other;
    this.#gasUsed += BigInt(outcome.gasUsed);
    for (const { id, account } of outcome.writes) this.#write(id, account);
    if (outcome.code === 0) this.#totals = addTotals(this.#totals, outcome.totals);
    this.#outbound.push(...outcome.outbound);
    const receipt = { messageHash, code: outcome.code, gasUsed: outcome.gasUsed, detail: outcome.detail };
    this.#receipts.push(receipt);
    return receipt;
  }

  #hasRoom(updateBytes: number, otherBytes: number): boolean {
    const update = this.#updateBytes + updateBytes;
    return (
      update <= bounds.STATE_UPDATE_BYTES_MAX && update + this.#otherBytes + otherBytes <= this.limits.sizeBytesMax
    );
  }

  #growthOf(outcome: Outcome<Account>): number {
    let bytes = 0;
    for (const { id, account } of outcome.writes)
      bytes += Math.max(0, this.#writtenBytes(account) - this.#slot(id).countedBytes);
    return bytes;
  }

  #write(id: AccountId, account: Account): void {
    const slot = this.#slot(id);
    slot.account = account;
    slot.countedBytes = Math.max(slot.countedBytes, this.#writtenBytes(account));
  }

  #writtenBytes(account: Account): number {
    return CHANGE_FRAME_BYTES + ACCOUNT_KEY_BYTES + this.engine.accountSizeBytes(account);
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
  #changedAccounts(): { id: AccountId; path: Digest; value: Uint8Array }[] {
    const changed = [];
    for (const [id, slot] of this.#slots) {
      if (slot.countedBytes === 0 || slot.account === null) continue;
      const value = this.engine.encodeAccount(slot.account);
      if (slot.before === null || !equalBytes(value, slot.before)) changed.push({ id, path: slot.path, value });
    }
    return changed.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #changedTotals(): StateChange[] {
    const value = encodeTotals(this.#totals);
    return equalBytes(value, encodeTotals(this.parent.totals)) ? [] : [{ key: TOTALS_KEY, value }];
  }
}

function outboundBytes(messages: readonly OutboundMessage[]): number {
  return messages.reduce((sum, message) => sum + OUTBOUND_FRAME_BYTES + message.body.length, 0);
}

/** Expiry seconds that leave lie below those that come, unless time has jumped; sort anyway, order is a rule. */
function mergeByKey(a: readonly StateChange[], b: readonly StateChange[]): StateChange[] {
  return [...a, ...b].sort((x, y) => compareBytes(x.key, y.key));
}
