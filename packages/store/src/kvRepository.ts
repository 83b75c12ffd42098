import {
  type AccountId,
  assert,
  type BlockHeader,
  type BlockId,
  type DecodeError,
  decodeFinalityProof,
  decodeSealedBlock,
  decodeVoteState,
  encodeBlockHeader,
  err,
  type FinalityProof,
  type Height,
  height,
  type MessageHash,
  ok,
  type Result,
  type SealedBlock,
  type Term,
  type ThreadId,
  toHex,
  type VoteState,
} from "@sealwright/types";
import type { CommitRider } from "./commitRider.js";
import { type CustodyRecord, decodeCustody } from "./custodyRecord.js";
import {
  decodeEvidenceRecord,
  encodeEvidenceRecord,
  EVIDENCE_PER_KEEPER_MAX,
  type EvidenceRecord,
  offenceHash,
} from "./evidenceRecord.js";
import { decodeFinalRecord, encodeFinalRecord, type FinalRecord } from "./finalRecord.js";
import { decodeHeaderRecord, type StoredHeadline } from "./headerRecord.js";
import { keyParts, keys, prefixes } from "./keys.js";
import {
  keyAfter,
  type KeyRange,
  type KeyValueOp,
  type KeyValueStore,
  prefixEnd,
  prefixRange,
} from "./keyValueStore.js";
import { decodeMessageStatus, isFinalAnswer, type MessageStatusRecord } from "./messageStatus.js";
import { decodeId, putOp, stateOps } from "./recordOps.js";
import type {
  InitializeError,
  PruneOptions,
  Repository,
  RepositoryBatch,
  SealedEntry,
  StateEntry,
  SweepOptions,
  ThreadGenesis,
  TraceQuery,
} from "./repository.js";
import { draftBatch, type RepositoryDraft } from "./repositoryDraft.js";
import { decodeTrace, decodeTraceNames, type PlacedTrace } from "./traceRecord.js";
import { corrupt, rawPayload, unwrapValue } from "./value.js";

/** Blocks of one height that are looked at; honest heights have one or two. */
export const BLOCKS_PER_HEIGHT_MAX = 1_024;
/** Final blocks that one question gets. */
export const FINAL_RANGE_MAX = 4_096;
export const TRACES_MAX = 1_000;
/** About a thousand blocks' worth of guarded values. */
const WRITTEN_MAX = 4_096;
const PRUNE_DELETE_MAX = 256;
const SWEEP_SCAN_MAX = 1_000;
const GENESIS_OPS_PER_COMMIT = 10_000;

/** The repository over any key-value store. Keys and values: see README. */
export class KeyValueRepository implements Repository {
  readonly #store: KeyValueStore;
  readonly #rider: CommitRider | null;
  /** Commits are checked and queued one after another, so that each sees what the ones before it change. */
  #preparation: Promise<unknown> = Promise.resolve();
  #evidence: Promise<unknown> = Promise.resolve();
  /** Guarded values on their way to the disk, by key: checks read through here. */
  readonly #inFlight = new Map<string, { readonly value: Uint8Array; readonly commit: symbol }>();
  /** Guarded values that reached the disk lately, oldest first: most checks concern them, and cost no read. */
  readonly #written = new Map<string, Uint8Array>();
  /** Per thread: nothing that is to be pruned lies below. */
  readonly #prunedTo = new Map<ThreadId, Height>();

  constructor(dependencies: { readonly store: KeyValueStore; readonly rider?: CommitRider }) {
    this.#store = dependencies.store;
    this.#rider = dependencies.rider ?? null;
  }

  async initialize(threads: readonly ThreadGenesis[]): Promise<Result<void, InitializeError>> {
    for (const genesis of threads) {
      const { threadId, blockId } = genesis;
      const stored = await this.finalAt(threadId, height(0));
      if (stored !== null && stored !== blockId) {
        return err({ code: "otherGenesis", threadId, stored, given: blockId });
      }
      if (stored === null) await this.#writeGenesis(genesis);
    }
    return ok(undefined);
  }

  async commit(batch: RepositoryBatch): Promise<void> {
    const prepared = this.#preparation.then(() => this.#prepare(batch));
    this.#preparation = prepared.catch(() => undefined);
    await (
      await prepared
    ).written;
  }

  async block(id: BlockId): Promise<SealedBlock | null> {
    const key = keys.body(id);
    const bytes = await this.#store.get(key);
    return bytes === null ? null : decodeBody(key, id, bytes);
  }

  async header(id: BlockId): Promise<BlockHeader | null> {
    return (await this.#read(keys.header(id), decodeHeaderRecord))?.header ?? null;
  }

  async headline(id: BlockId): Promise<StoredHeadline | null> {
    return (await this.#read(keys.header(id), decodeHeaderRecord))?.headline ?? null;
  }

  async blocksAt(threadId: ThreadId, at: Height): Promise<BlockId[]> {
    const ids = new Set<BlockId>();
    for await (const { key } of this.#store.entries(
      prefixRange(prefixes.blocksAt(threadId, at), BLOCKS_PER_HEIGHT_MAX),
    )) {
      ids.add(keyParts.blockAt(key).id);
    }
    const final = await this.finalAt(threadId, at);
    if (final !== null) ids.add(final);
    return [...ids].sort();
  }

  async *unfinalizedBlocks(threadId: ThreadId): AsyncIterable<SealedBlock> {
    const head = await this.lastFinal(threadId);
    const above = height(head === null ? 0n : head.height + 1n);
    const range = { ...prefixRange(prefixes.blocksOf(threadId)), from: prefixes.blocksAt(threadId, above) };
    for await (const { key } of this.#store.entries(range)) {
      const { id } = keyParts.blockAt(key);
      const block = await this.block(id);
      if (block === null) throw corrupt(keys.body(id), "the body of an indexed block is missing");
      yield block;
    }
  }

  async finalAt(threadId: ThreadId, at: Height): Promise<BlockId | null> {
    const record = await this.#read(keys.final(threadId, at), decodeFinalRecord);
    if (record !== null) return record.blockId;
    const voted = await this.#read(keys.votedFinal(threadId), decodeFinalRecord);
    return voted?.height === at ? voted.blockId : null;
  }

  async lastFinal(threadId: ThreadId): Promise<FinalRecord | null> {
    return this.#read(keys.finalHead(threadId), decodeFinalRecord);
  }

  finalityProof(id: BlockId): Promise<FinalityProof | null> {
    return this.#read(keys.finalityProof(id), decodeFinalityProof);
  }

  async finalRange(threadId: ThreadId, from: Height, limit: number): Promise<FinalRecord[]> {
    const range: KeyRange = {
      from: keys.final(threadId, from),
      to: prefixEnd(prefixes.final(threadId)),
      order: "ascending",
      limit: Math.min(limit, FINAL_RANGE_MAX),
    };
    const records: FinalRecord[] = [];
    for await (const { key, value } of this.#store.entries(range)) {
      records.push(unwrapValue(key, value, decodeFinalRecord));
    }
    return records;
  }

  async *state(threadId: ThreadId): AsyncIterable<StateEntry> {
    for await (const { key, value } of this.#store.entries(prefixRange(prefixes.state(threadId)))) {
      yield { key: keyParts.state(key), value: unwrapValue(key, value, rawPayload) };
    }
  }

  stateEntry(threadId: ThreadId, key: Uint8Array): Promise<Uint8Array | null> {
    return this.#read(keys.state(threadId, key), rawPayload);
  }

  voteState(threadId: ThreadId): Promise<VoteState | null> {
    return this.#read(keys.voteState(threadId), decodeVoteState);
  }

  sealedAt(threadId: ThreadId, term: Term, at: Height): Promise<BlockId | null> {
    return this.#read(keys.sealed(threadId, term, at), decodeId);
  }

  firstSealedOf(threadId: ThreadId, term: Term): Promise<BlockId | null> {
    return this.#read(keys.firstOfTerm(threadId, term), decodeId);
  }

  async lastSealed(threadId: ThreadId): Promise<SealedEntry | null> {
    const range = prefixRange(prefixes.sealed(threadId), 1, "descending");
    let last: SealedEntry | null = null;
    for await (const { key, value } of this.#store.entries(range)) {
      const blockId = unwrapValue(key, value, decodeId);
      const { term, height: at } = keyParts.sealed(key);
      const first = await this.firstSealedOf(threadId, term);
      last = { threadId, term, height: at, blockId, firstOfTerm: first === blockId };
    }
    return last;
  }

  keepEvidence(record: EvidenceRecord): Promise<boolean> {
    // One after another, so that two proofs of one offence do not both find nothing.
    const kept = this.#evidence.then(() => this.#putEvidence(record));
    this.#evidence = kept.catch(() => undefined);
    return kept;
  }

  async *evidence(): AsyncIterable<EvidenceRecord> {
    for await (const { key, value } of this.#store.entries(prefixRange(prefixes.evidence())))
      yield unwrapValue(key, value, decodeEvidenceRecord);
  }

  /** Asked for each message that comes, as a rule for nothing: the store's filters say so at once, a trip costs more. */
  async messageStatus(hash: MessageHash): Promise<MessageStatusRecord | null> {
    const key = keys.messageStatus(hash);
    const value = this.#store.getSync(key);
    return value === null ? null : unwrapValue(key, value, decodeMessageStatus);
  }

  async *custody(threadId: ThreadId): AsyncIterable<CustodyRecord> {
    for await (const { key, value } of this.#store.entries(prefixRange(prefixes.custody(threadId)))) {
      yield unwrapValue(key, value, decodeCustody);
    }
  }

  async traces(account: AccountId, query: TraceQuery): Promise<PlacedTrace[]> {
    const traces: PlacedTrace[] = [];
    for await (const { key, value } of this.#store.entries(traceRange(account, query))) {
      traces.push({ account, lt: keyParts.trace(key), ...unwrapValue(key, value, decodeTrace) });
    }
    return traces;
  }

  async oldestFinal(threadId: ThreadId): Promise<FinalRecord | null> {
    const [oldest] = await this.finalRange(threadId, height(1), 1);
    return oldest ?? null;
  }

  async prune(options: PruneOptions): Promise<{ readonly deleted: number; readonly more: boolean }> {
    const { threadId, deleteMax = PRUNE_DELETE_MAX } = options;
    assert(deleteMax >= 1, "a prune deletes at least one block");
    const keepFrom = pruneEnd(options, (await this.lastFinal(threadId))?.height ?? height(0));
    const prunedTo = this.#prunedTo.get(threadId) ?? height(0);
    if (keepFrom <= prunedTo) return { deleted: 0, more: false };
    const old: OldBlock[] = [];
    const range: KeyRange = {
      from: prefixes.blocksAt(threadId, prunedTo),
      to: prefixes.blocksAt(threadId, keepFrom),
      order: "ascending",
      limit: deleteMax + 1,
    };
    for await (const { key } of this.#store.entries(range)) old.push(keyParts.blockAt(key));
    const deleted = old.slice(0, deleteMax);
    await this.#forgetBlocks(threadId, deleted);
    // Deleted keys are passed over slowly until the store has tidied up: the next range begins behind them.
    this.#prunedTo.set(threadId, old[deleteMax]?.height ?? keepFrom);
    return { deleted: deleted.length, more: old.length > deleteMax };
  }

  async sweepMessages(options: SweepOptions): Promise<{ readonly deleted: number; readonly next: MessageHash | null }> {
    const { answeredBeforeMs, after, scanMax = SWEEP_SCAN_MAX } = options;
    const prefix = prefixes.messageStatus();
    const from = after === null ? prefix : keyAfter(keys.messageStatus(after));
    const ops: KeyValueOp[] = [];
    let scanned = 0;
    let last: MessageHash | null = null;
    for await (const { key, value } of this.#store.entries({ ...prefixRange(prefix, scanMax), from })) {
      const { state, blockId, atMs } = unwrapValue(key, value, decodeMessageStatus);
      // What a block says of its messages goes with that block.
      if (isFinalAnswer(state) && blockId === undefined && (atMs ?? 0) < answeredBeforeMs)
        ops.push({ type: "delete", key });
      last = keyParts.messageStatus(key);
      scanned += 1;
    }
    await this.#store.commit(ops, { durable: false });
    return { deleted: ops.length, next: scanned === scanMax ? last : null };
  }

  async #putEvidence(record: EvidenceRecord): Promise<boolean> {
    const key = keys.evidence(record.accused, offenceHash(record.offence));
    if ((await this.#store.get(key)) !== null) return false;
    let count = 0;
    const against = prefixRange(prefixes.evidenceAgainst(record.accused), EVIDENCE_PER_KEEPER_MAX);
    for await (const _entry of this.#store.entries(against)) count++;
    if (count >= EVIDENCE_PER_KEEPER_MAX) return false;
    await this.#store.commit([putOp(key, encodeEvidenceRecord(record))], { durable: true });
    return true;
  }

  async #read<T>(key: Uint8Array, decodePayload: (payload: Uint8Array) => Result<T, DecodeError>): Promise<T | null> {
    const value = await this.#store.get(key);
    return value === null ? null : unwrapValue(key, value, decodePayload);
  }

  /** Like `#read`, but sees commits that are still on their way to the disk. */
  #readThrough<T>(key: Uint8Array, decodePayload: (payload: Uint8Array) => Result<T, DecodeError>): T | null {
    const name = toHex(key);
    const value = this.#inFlight.get(name)?.value ?? this.#written.get(name) ?? this.#store.getSync(key);
    return value === null ? null : unwrapValue(key, value, decodePayload);
  }

  /** Checks a batch against all that was committed before and hands it to the store. */
  async #prepare(batch: RepositoryBatch): Promise<{ readonly written: Promise<void> }> {
    // A store that writes no more says why, before a check can stumble over what it never wrote.
    if (this.#store.status !== "open") return { written: this.#store.commit([], { durable: true }) };
    const draft = await draftBatch(batch, (key, decodePayload) =>
      Promise.resolve(this.#readThrough(key, decodePayload)),
    );
    return { written: this.#write(draft, (batch.final ?? []).length > 0) };
  }

  async #write(draft: RepositoryDraft, withRider: boolean): Promise<void> {
    const commit = Symbol("commit");
    for (const [key, value] of draft.guarded) this.#inFlight.set(key, { value, commit });
    const rider = withRider ? (this.#rider?.takeUnsaved() ?? null) : null;
    try {
      await this.#store.commit(rider === null ? draft.ops : [...draft.ops, ...rider.ops], { durable: true });
      rider?.done();
      for (const [key, value] of draft.guarded) this.#rememberWritten(key, value);
    } finally {
      for (const key of draft.guarded.keys()) {
        if (this.#inFlight.get(key)?.commit === commit) this.#inFlight.delete(key);
      }
    }
  }

  #rememberWritten(key: string, value: Uint8Array): void {
    this.#written.delete(key);
    this.#written.set(key, value);
    for (const oldest of this.#written.keys()) {
      if (this.#written.size <= WRITTEN_MAX) return;
      this.#written.delete(oldest);
    }
  }

  async #writeGenesis(genesis: ThreadGenesis): Promise<void> {
    const { threadId, blockId, header, facts, state } = genesis;
    const ops = stateOps(threadId, state);
    // A large state goes in pieces; the record at height 0 comes last, so a crash before it starts over.
    for (let start = 0; start < ops.length; start += GENESIS_OPS_PER_COMMIT) {
      await this.#store.commit(ops.slice(start, start + GENESIS_OPS_PER_COMMIT), { durable: true });
    }
    const record = encodeFinalRecord({ height: height(0), blockId, facts });
    const closing = [putOp(keys.final(threadId, height(0)), record), putOp(keys.finalHead(threadId), record)];
    if (header !== null) closing.push(putOp(keys.header(blockId), encodeBlockHeader(header)));
    await this.#store.commit(closing, { durable: true });
  }

  /** Keys of what a final block's messages left. */
  async #tracesOf(threadId: ThreadId, at: Height): Promise<Uint8Array[]> {
    const list = keys.tracesOf(threadId, at);
    const names = await this.#read(list, decodeTraceNames);
    return names === null ? [] : [list, ...names.map(({ account, lt }) => keys.trace(account, lt))];
  }

  async #forgetBlocks(threadId: ThreadId, blocks: readonly OldBlock[]): Promise<void> {
    if (blocks.length === 0) return;
    const gone: Uint8Array[] = [];
    const kept: KeyValueOp[] = [];
    const votedAt = (await this.voteState(threadId))?.lastVoted?.height;
    for (const { height: at, id } of blocks) {
      const block = await this.block(id);
      const isFinal = (await this.finalAt(threadId, at)) === id;
      gone.push(keys.body(id), keys.header(id), keys.blockAt(threadId, at, id));
      if (block !== null) gone.push(keys.sealed(threadId, block.header.term, at));
      // A rival's messages may have become final in another block: their answers go with that one.
      if (isFinal) {
        gone.push(keys.finalityProof(id), keys.final(threadId, at), ...answersIn(block));
        gone.push(...(await this.#tracesOf(threadId, at)));
        const record = encodeFinalRecord({ height: at, blockId: id, facts: new Uint8Array(0) });
        if (at === votedAt) kept.push(putOp(keys.votedFinal(threadId), record));
      }
    }
    for (const key of gone) this.#written.delete(toHex(key));
    const riderOps = (await this.#rider?.forget(blocks.map(({ id }) => id))) ?? [];
    const ops = gone.map((key) => ({ type: "delete" as const, key }));
    // Losing a deletion in a power cut only means doing it again.
    await this.#store.commit([...kept, ...ops, ...riderOps], { durable: false });
  }
}

interface OldBlock {
  readonly height: Height;
  readonly id: BlockId;
}

function traceRange(account: AccountId, query: TraceQuery): KeyRange {
  const limit = Math.min(query.limit, TRACES_MAX);
  if (query.order === "oldestFirst") {
    const range = prefixRange(prefixes.traces(account), limit);
    return { ...range, from: keys.trace(account, query.above + 1n), order: "ascending" };
  }
  const range = prefixRange(prefixes.traces(account), limit, "descending");
  return query.below === null ? range : { ...range, to: keys.trace(account, query.below) };
}

/** The first height that stays. */
function pruneEnd({ keepBlocks, keepFrom }: PruneOptions, finalHeight: Height): Height {
  assert(Number.isSafeInteger(keepBlocks) && keepBlocks >= 1, "the last final block is never pruned");
  const end = finalHeight - BigInt(keepBlocks) + 1n;
  const kept = keepFrom !== undefined && keepFrom < end ? keepFrom : end;
  return height(kept < 0n ? 0n : kept);
}

/** Keys of the answers to a final block's external messages, whose receipts come last. */
function answersIn(block: SealedBlock | null): Uint8Array[] {
  const { receipts, externals } = block?.body ?? { receipts: [], externals: [] };
  return receipts.slice(receipts.length - externals.length).map(({ messageHash }) => keys.messageStatus(messageHash));
}

function decodeBody(key: Uint8Array, id: BlockId, bytes: Uint8Array): SealedBlock {
  const decoded = decodeSealedBlock(bytes);
  if (!decoded.ok) throw corrupt(key, decoded.error.code);
  if (decoded.value.id !== id) throw corrupt(key, "it hashes to another id");
  return decoded.value;
}
