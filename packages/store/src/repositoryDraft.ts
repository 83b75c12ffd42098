import {
  assert,
  type BlockId,
  type DecodeError,
  decodeVoteState,
  encodeFinalityProof,
  encodeVoteState,
  type Height,
  idBytes,
  type Result,
  type SealedBlock,
  type ThreadId,
  toHex,
  type VoteState,
} from "@sealwright/types";
import { encodeCustody } from "./custodyRecord.js";
import { decodeFinalRecord, encodeFinalRecord, FACTS_BYTES_MAX } from "./finalRecord.js";
import { encodeBlockHeaderRecord } from "./headerRecord.js";
import { keys } from "./keys.js";
import type { KeyValueOp } from "./keyValueStore.js";
import { encodeMessageStatus, type MessageStatusRecord } from "./messageStatus.js";
import { decodeId, putOp, stateOps } from "./recordOps.js";
import type { FinalEntry, RepositoryBatch, SealedEntry } from "./repository.js";
import { encodeTrace, encodeTraceNames } from "./traceRecord.js";
import { rawPayload, unwrapValue } from "./value.js";
import { checkVoteStateForward } from "./voteStateForward.js";

/** Reads a guarded value as the commits under way and the disk have it. */
export type ReadThrough = <T>(
  key: Uint8Array,
  decodePayload: (payload: Uint8Array) => Result<T, DecodeError>,
) => Promise<T | null>;

/** A batch in the making. Guarded values are the ones that later batches are checked against. */
export class RepositoryDraft {
  readonly ops: KeyValueOp[] = [];
  readonly guarded = new Map<string, Uint8Array>();
  readonly #readThrough: ReadThrough;

  constructor(readThrough: ReadThrough) {
    this.#readThrough = readThrough;
  }

  put(key: Uint8Array, payload: Uint8Array): void {
    this.ops.push(putOp(key, payload));
  }

  putGuarded(key: Uint8Array, payload: Uint8Array): void {
    const op = putOp(key, payload);
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

/** Checks a batch and turns it into operations; an assertion means that it breaks an invariant and changes nothing. */
export async function draftBatch(batch: RepositoryBatch, readThrough: ReadThrough): Promise<RepositoryDraft> {
  const draft = new RepositoryDraft(readThrough);
  for (const block of batch.blocks ?? []) putBlock(draft, block);
  for (const { threadId, state } of batch.voteStates ?? []) await putVoteState(draft, threadId, state);
  for (const entry of batch.sealed ?? []) await putSealed(draft, entry);
  for (const entry of batch.final ?? []) await putFinal(draft, entry);
  putMessages(draft, batch.messages ?? []);
  for (const record of batch.custody?.put ?? []) {
    draft.put(keys.custody(record.threadId, record.hash), encodeCustody(record));
  }
  for (const { threadId, hash } of batch.custody?.release ?? []) draft.delete(keys.custody(threadId, hash));
  return draft;
}

/** Messages of a block that ended alike share one status, so it is written out once. */
function putMessages(draft: RepositoryDraft, messages: NonNullable<RepositoryBatch["messages"]>): void {
  const encoded = new Map<MessageStatusRecord, Uint8Array>();
  for (const { hash, status } of messages) {
    let payload = encoded.get(status);
    if (payload === undefined) encoded.set(status, (payload = encodeMessageStatus(status)));
    draft.put(keys.messageStatus(hash), payload);
  }
}

function putBlock(draft: RepositoryDraft, block: SealedBlock): void {
  const { threadId, height: at } = block.header;
  draft.ops.push({ type: "put", key: keys.body(block.id), value: block.bytes });
  draft.put(keys.header(block.id), encodeBlockHeaderRecord(block));
  draft.putGuarded(keys.blockAt(threadId, at, block.id), new Uint8Array(0));
}

async function putVoteState(draft: RepositoryDraft, threadId: ThreadId, state: VoteState): Promise<void> {
  const key = keys.voteState(threadId);
  const previous = await draft.read(key, decodeVoteState);
  if (previous !== null) checkVoteStateForward(previous, state);
  draft.putGuarded(key, encodeVoteState(state));
}

async function putSealed(draft: RepositoryDraft, entry: SealedEntry): Promise<void> {
  const { threadId, term, height: at, blockId } = entry;
  await assertStored(draft, threadId, at, blockId, "sealed");
  await putOnce(draft, keys.sealed(threadId, term, at), blockId, `sealed at term ${term}, height ${at}`);
  if (entry.firstOfTerm) {
    await putOnce(draft, keys.firstOfTerm(threadId, term), blockId, `first sealed block of term ${term}`);
  }
}

async function putOnce(draft: RepositoryDraft, key: Uint8Array, blockId: BlockId, what: string): Promise<void> {
  const previous = await draft.read(key, decodeId);
  assert(previous === null || previous === blockId, `${what}: ${previous} is recorded, ${blockId} was given`);
  draft.putGuarded(key, idBytes(blockId));
}

async function putFinal(draft: RepositoryDraft, entry: FinalEntry): Promise<void> {
  const { threadId, height: at, blockId, facts } = entry;
  assert(facts.length <= FACTS_BYTES_MAX, `facts of ${facts.length} bytes are over the limit`);
  const head = await draft.read(keys.finalHead(threadId), decodeFinalRecord);
  assert(head !== null, `thread ${threadId} has no genesis record`);
  assert(at === head.height + 1n, `final block ${blockId} of height ${at} does not follow height ${head.height}`);
  await assertStored(draft, threadId, at, blockId, "final");
  const record = encodeFinalRecord({ height: at, blockId, facts });
  draft.put(keys.final(threadId, at), record);
  draft.putGuarded(keys.finalHead(threadId), record);
  draft.put(keys.finalityProof(blockId), encodeFinalityProof(entry.proof));
  for (const op of stateOps(threadId, entry.state)) draft.ops.push(op);
  putTraces(draft, entry);
}

function putTraces(draft: RepositoryDraft, { threadId, height: at, traces = [] }: FinalEntry): void {
  if (traces.length === 0) return;
  for (const { account, lt, bytes } of traces) draft.put(keys.trace(account, lt), encodeTrace(threadId, at, bytes));
  draft.put(keys.tracesOf(threadId, at), encodeTraceNames(traces));
}

/** The body is on disk, on its way there, or in this very batch. */
async function assertStored(
  draft: RepositoryDraft,
  threadId: ThreadId,
  at: Height,
  id: BlockId,
  what: string,
): Promise<void> {
  const known = await draft.read(keys.blockAt(threadId, at, id), rawPayload);
  assert(known !== null, `${what} block ${id} of height ${at} is not stored`);
}
