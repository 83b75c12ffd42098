import {
  assert,
  type BlockHeader,
  type BlockId,
  blockIdFromBytes,
  type DecodeError,
  decodeBlockHeader,
  decodeFinalityProof,
  decodeSealedBlock,
  decodeVoteState,
  encodeBlockHeader,
  encodeFinalityProof,
  encodeVoteState,
  err,
  type FinalityProof,
  HASH_BYTES,
  type Height,
  height,
  idBytes,
  type MessageHash,
  ok,
  type Result,
  type SealedBlock,
  STATE_KEY_BYTES_MAX,
  type Term,
  type ThreadId,
  toHex,
  type VoteState,
} from "@sealwright/types";
import { type CustodyRecord, decodeCustody, encodeCustody } from "./custodyRecord.js";
import { decodeFinalRecord, encodeFinalRecord, FACTS_BYTES_MAX, type FinalRecord } from "./finalRecord.js";
import { keyParts, keys, prefixes } from "./keys.js";
import {
  keyAfter,
  type KeyRange,
  type KeyValueOp,
  type KeyValueStore,
  prefixEnd,
  prefixRange,
} from "./keyValueStore.js";
import { decodeMessageStatus, encodeMessageStatus, isFinalAnswer, type MessageStatusRecord } from "./messageStatus.js";
import type {
  FinalEntry,
  InitializeError,
  PruneOptions,
  Repository,
  RepositoryBatch,
  SealedEntry,
  StateEntry,
  SweepOptions,
  ThreadGenesis,
} from "./repository.js";
import { corrupt, rawPayload, unwrapValue, wrapValue } from "./value.js";
import { checkVoteStateForward } from "./voteStateForward.js";

/** Blocks of one height that are looked at; honest heights have one or two. */
export const BLOCKS_PER_HEIGHT_MAX = 1_024;
export const FINAL_RANGE_MAX = 4_096;
const PRUNE_DELETE_MAX = 256;
const SWEEP_SCAN_MAX = 1_000;
const GENESIS_OPS_PER_COMMIT = 10_000;

/** Records of another store that travel with a commit: written together or not at all. */
export interface CommitRider {
  /** What has changed since the last call; `done` is called when it is on disk. */
  takeUnsaved(): { readonly ops: readonly KeyValueOp[]; readonly done: () => void };
  /** Deletes all that is kept about these blocks. */
  forget(ids: readonly BlockId[]): Promise<readonly KeyValueOp[]>;
}

/** The repository over any key-value store. Keys and values: see README. */
export class KeyValueRepository implements Repository {
  readonly #store: KeyValueStore;
  readonly #rider: CommitRider | null;
  /** Commits are checked and queued one after another, so that each sees what the ones before it change. */
  #preparation: Promise<unknown> = Promise.resolve();
  /** Guarded values on their way to the disk, by key: checks read through here. */
  readonly #inFlight = new Map<string, { readonly value: Uint8Array; readonly commit: symbol }>();

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

  header(id: BlockId): Promise<BlockHeader | null> {
    return this.#read(keys.header(id), decodeBlockHeader);
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
    return (await this.#read(keys.final(threadId, at), decodeFinalRecord))?.blockId ?? null;
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
    for await (const { key, value } of this.#store.entries(prefixRange(prefixes.sealed(threadId), 1, "descending"))) {
      const blockId = unwrapValue(key, value, decodeId);
      const { term, height: at } = keyParts.sealed(key);
      const first = await this.firstSealedOf(threadId, term);
      return { threadId, term, height: at, blockId, firstOfTerm: first === blockId };
    }
    return null;
  }

  messageStatus(hash: MessageHash): Promise<MessageStatusRecord | null> {
    return this.#read(keys.messageStatus(hash), decodeMessageStatus);
  }

  async *custody(threadId: ThreadId): AsyncIterable<CustodyRecord> {
    for await (const { key, value } of this.#store.entries(prefixRange(prefixes.custody(threadId)))) {
      yield unwrapValue(key, value, decodeCustody);
    }
  }

  async prune(options: PruneOptions): Promise<{ readonly deleted: number; readonly more: boolean }> {
    const { threadId, keepBlocks, deleteMax = PRUNE_DELETE_MAX } = options;
    assert(Number.isSafeInteger(keepBlocks) && keepBlocks >= 1, "the last final block is never pruned");
    assert(deleteMax >= 1, "a prune deletes at least one block");
    const head = await this.lastFinal(threadId);
    const keepFrom = head === null ? 0n : head.height - BigInt(keepBlocks) + 1n;
    if (keepFrom <= 0n) return { deleted: 0, more: false };
    const old: { readonly height: Height; readonly id: BlockId }[] = [];
    const from = prefixes.blocksOf(threadId);
    const range: KeyRange = {
      from,
      to: prefixes.blocksAt(threadId, height(keepFrom)),
      order: "ascending",
      limit: deleteMax + 1,
    };
    for await (const { key } of this.#store.entries(range)) old.push(keyParts.blockAt(key));
    const deleted = old.slice(0, deleteMax);
    await this.#forgetBlocks(threadId, deleted);
    return { deleted: deleted.length, more: old.length > deleteMax };
  }

  async sweepMessages(options: SweepOptions): Promise<{ readonly deleted: number; readonly next: MessageHash | null }> {
    const { receivedBeforeMs, after, scanMax = SWEEP_SCAN_MAX } = options;
    const prefix = prefixes.messageStatus();
    const from = after === null ? prefix : keyAfter(keys.messageStatus(after));
    const ops: KeyValueOp[] = [];
    let scanned = 0;
    let last: MessageHash | null = null;
    for await (const { key, value } of this.#store.entries({ ...prefixRange(prefix, scanMax), from })) {
      const { state, receivedAtMs } = unwrapValue(key, value, decodeMessageStatus);
      if (isFinalAnswer(state) && (receivedAtMs ?? 0) < receivedBeforeMs) ops.push({ type: "delete", key });
      last = keyParts.messageStatus(key);
      scanned += 1;
    }
    await this.#store.commit(ops, { durable: false });
    return { deleted: ops.length, next: scanned === scanMax ? last : null };
  }

  async #read<T>(key: Uint8Array, decodePayload: (payload: Uint8Array) => Result<T, DecodeError>): Promise<T | null> {
    const value = await this.#store.get(key);
    return value === null ? null : unwrapValue(key, value, decodePayload);
  }

  /** Like `#read`, but sees commits that are still on their way to the disk. */
  async #readThrough<T>(
    key: Uint8Array,
    decodePayload: (payload: Uint8Array) => Result<T, DecodeError>,
  ): Promise<T | null> {
    const value = this.#inFlight.get(toHex(key))?.value ?? (await this.#store.get(key));
    return value === null ? null : unwrapValue(key, value, decodePayload);
  }

  /** Checks a batch against all that was committed before and hands it to the store. */
  async #prepare(batch: RepositoryBatch): Promise<{ readonly written: Promise<void> }> {
    // A store that writes no more says why, before a check can stumble over what it never wrote.
    if (this.#store.status !== "open") return { written: this.#store.commit([], { durable: true }) };
    const draft = new Draft((key, decodePayload) => this.#readThrough(key, decodePayload));
    for (const block of batch.blocks ?? []) putBlock(draft, block);
    for (const { threadId, state } of batch.voteStates ?? []) await putVoteState(draft, threadId, state);
    for (const entry of batch.sealed ?? []) await putSealed(draft, entry);
    for (const entry of batch.final ?? []) await putFinal(draft, entry);
    for (const { hash, status } of batch.messages ?? [])
      draft.put(keys.messageStatus(hash), encodeMessageStatus(status));
    for (const record of batch.custody?.put ?? []) {
      draft.put(keys.custody(record.threadId, record.hash), encodeCustody(record));
    }
    for (const { threadId, hash } of batch.custody?.release ?? []) draft.delete(keys.custody(threadId, hash));
    return { written: this.#write(draft, (batch.final ?? []).length > 0) };
  }

  async #write(draft: Draft, withRider: boolean): Promise<void> {
    const commit = Symbol("commit");
    for (const [key, value] of draft.guarded) this.#inFlight.set(key, { value, commit });
    const rider = withRider ? (this.#rider?.takeUnsaved() ?? null) : null;
    try {
      await this.#store.commit(rider === null ? draft.ops : [...draft.ops, ...rider.ops], { durable: true });
      rider?.done();
    } finally {
      for (const key of draft.guarded.keys()) {
        if (this.#inFlight.get(key)?.commit === commit) this.#inFlight.delete(key);
      }
    }
  }

  async #writeGenesis(genesis: ThreadGenesis): Promise<void> {
    const { threadId, blockId, header, facts, state } = genesis;
    const ops = state.map((change) => stateOp(threadId, change.key, change.value));
    // A large state goes in pieces; the record at height 0 comes last, so a crash before it starts over.
    for (let start = 0; start < ops.length; start += GENESIS_OPS_PER_COMMIT) {
      await this.#store.commit(ops.slice(start, start + GENESIS_OPS_PER_COMMIT), { durable: true });
    }
    const record = encodeFinalRecord({ height: height(0), blockId, facts });
    const closing = [put(keys.final(threadId, height(0)), record), put(keys.finalHead(threadId), record)];
    if (header !== null) closing.push(put(keys.header(blockId), encodeBlockHeader(header)));
    await this.#store.commit(closing, { durable: true });
  }

  async #forgetBlocks(
    threadId: ThreadId,
    blocks: readonly { readonly height: Height; readonly id: BlockId }[],
  ): Promise<void> {
    if (blocks.length === 0) return;
    const ops: KeyValueOp[] = [];
    for (const { height: at, id } of blocks) {
      const final = await this.finalAt(threadId, at);
      const gone = [keys.body(id), keys.finalityProof(id), keys.blockAt(threadId, at, id)];
      if (final !== id) gone.push(keys.header(id));
      ops.push(...gone.map((key) => ({ type: "delete" as const, key })));
    }
    const riderOps = (await this.#rider?.forget(blocks.map(({ id }) => id))) ?? [];
    // Losing a deletion in a power cut only means doing it again.
    await this.#store.commit([...ops, ...riderOps], { durable: false });
  }
}

type ReadThrough = <T>(
  key: Uint8Array,
  decodePayload: (payload: Uint8Array) => Result<T, DecodeError>,
) => Promise<T | null>;

/** A batch in the making. Guarded values are the ones that later batches are checked against. */
class Draft {
  readonly ops: KeyValueOp[] = [];
  readonly guarded = new Map<string, Uint8Array>();
  readonly #readThrough: ReadThrough;

  constructor(readThrough: ReadThrough) {
    this.#readThrough = readThrough;
  }

  put(key: Uint8Array, payload: Uint8Array): void {
    this.ops.push(put(key, payload));
  }

  putGuarded(key: Uint8Array, payload: Uint8Array): void {
    const op = put(key, payload);
    this.ops.push(op);
    this.guarded.set(toHex(key), op.value);
  }

  delete(key: Uint8Array): void {
    this.ops.push({ type: "delete", key });
  }

  /** The value as this batch, the commits under way and the disk have it, in this order. */
  async read<T>(key: Uint8Array, decodePayload: (payload: Uint8Array) => Result<T, DecodeError>): Promise<T | null> {
    const own = this.guarded.get(toHex(key));
    return own !== undefined ? unwrapValue(key, own, decodePayload) : this.#readThrough(key, decodePayload);
  }
}

function putBlock(draft: Draft, block: SealedBlock): void {
  const { threadId, height: at } = block.header;
  draft.ops.push({ type: "put", key: keys.body(block.id), value: block.bytes });
  draft.put(keys.header(block.id), encodeBlockHeader(block.header));
  draft.putGuarded(keys.blockAt(threadId, at, block.id), new Uint8Array(0));
}

async function putVoteState(draft: Draft, threadId: ThreadId, state: VoteState): Promise<void> {
  const key = keys.voteState(threadId);
  const previous = await draft.read(key, decodeVoteState);
  if (previous !== null) checkVoteStateForward(previous, state);
  draft.putGuarded(key, encodeVoteState(state));
}

async function putSealed(draft: Draft, entry: SealedEntry): Promise<void> {
  const { threadId, term, height: at, blockId } = entry;
  await putOnce(draft, keys.sealed(threadId, term, at), blockId, `sealed at term ${term}, height ${at}`);
  if (entry.firstOfTerm) {
    await putOnce(draft, keys.firstOfTerm(threadId, term), blockId, `first sealed block of term ${term}`);
  }
}

async function putOnce(draft: Draft, key: Uint8Array, blockId: BlockId, what: string): Promise<void> {
  const previous = await draft.read(key, decodeId);
  assert(previous === null || previous === blockId, `${what}: ${previous} is recorded, ${blockId} was given`);
  draft.putGuarded(key, idBytes(blockId));
}

async function putFinal(draft: Draft, entry: FinalEntry): Promise<void> {
  const { threadId, height: at, blockId, facts } = entry;
  assert(facts.length <= FACTS_BYTES_MAX, `facts of ${facts.length} bytes are over the limit`);
  const head = await draft.read(keys.finalHead(threadId), decodeFinalRecord);
  assert(head !== null, `thread ${threadId} has no genesis record`);
  assert(at === head.height + 1n, `final block ${blockId} of height ${at} does not follow height ${head.height}`);
  const known = await draft.read(keys.blockAt(threadId, at, blockId), rawPayload);
  assert(known !== null, `final block ${blockId} of height ${at} is not stored`);
  const record = encodeFinalRecord({ height: at, blockId, facts });
  draft.put(keys.final(threadId, at), record);
  draft.putGuarded(keys.finalHead(threadId), record);
  draft.put(keys.finalityProof(blockId), encodeFinalityProof(entry.proof));
  for (const change of entry.state) draft.ops.push(stateOp(threadId, change.key, change.value));
}

function stateOp(threadId: ThreadId, entryKey: Uint8Array, value: Uint8Array | null): KeyValueOp {
  assert(entryKey.length <= STATE_KEY_BYTES_MAX, `state key of ${entryKey.length} bytes is over the limit`);
  const key = keys.state(threadId, entryKey);
  return value === null ? { type: "delete", key } : put(key, value);
}

function put(key: Uint8Array, payload: Uint8Array): Extract<KeyValueOp, { type: "put" }> {
  return { type: "put", key, value: wrapValue(key, payload) };
}

function decodeId(bytes: Uint8Array): Result<BlockId, DecodeError> {
  if (bytes.length === HASH_BYTES) return ok(blockIdFromBytes(bytes));
  return err({ code: "decodeError", reason: `a block id has ${HASH_BYTES} bytes`, offset: bytes.length });
}

function decodeBody(key: Uint8Array, id: BlockId, bytes: Uint8Array): SealedBlock {
  const decoded = decodeSealedBlock(bytes);
  if (!decoded.ok) throw corrupt(key, decoded.error.code);
  if (decoded.value.id !== id) throw corrupt(key, "it hashes to another id");
  return decoded.value;
}
