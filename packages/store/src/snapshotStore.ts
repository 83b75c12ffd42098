import {
  assert,
  type BlockHeader,
  ByteWriter,
  concatBytes,
  decode,
  type DecodeError,
  decodeSealedBlock,
  decodeSnapshotChunk,
  encodeBlockHeader,
  encodeFinalityProof,
  type Height,
  readSnapshotManifest,
  type Result,
  type SealedBlock,
  type SnapshotManifest,
  type ThreadId,
  unwrap,
  writeSnapshotManifest,
} from "@sealwright/types";
import { decodeFinalRecord, encodeFinalRecord } from "./finalRecord.js";
import { encodeBlockHeaderRecord } from "./headerRecord.js";
import { keyParts, keys, prefixes } from "./keys.js";
import { type KeyValueOp, type KeyValueStore, prefixEnd, prefixRange } from "./keyValueStore.js";
import { putOp, stateOps } from "./recordOps.js";
import { rawPayload, unwrapValue } from "./value.js";

/** `incoming`: being fetched. `verified`: all here and checked, to be adopted at the next start. `kept`: served. */
export type SnapshotStage = "incoming" | "verified" | "kept";

/** What is stored of a snapshot beside its chunks. */
export interface SnapshotRecord {
  readonly manifest: SnapshotManifest;
  readonly stage: SnapshotStage;
  /** Whether this keeper's last vote, which lies below the snapshot, was for a final block: then it may go on voting. */
  readonly votedFinal: boolean;
}

const STAGES: readonly SnapshotStage[] = ["incoming", "verified", "kept"];
const OPS_PER_COMMIT = 10_000;
/** What a block waits for comes after one piece at most, whatever the size of a chunk. */
const PIECE_BYTES = 64 * 1024;
const DROPS_PER_COMMIT = 64;

/**
 * Snapshots of threads, taken here or fetched from others. A fetched one replaces the thread's final state only through
 * `adopt`, while nothing else uses the store; broken off, it is begun again at the next start.
 */
export class SnapshotStore {
  readonly #store: KeyValueStore;
  /** Snapshots that are being dropped: one that is begun again at the same height waits, or its chunks would go too. */
  readonly #dropping = new Map<string, Promise<void>>();

  constructor(dependencies: { readonly store: KeyValueStore }) {
    this.#store = dependencies.store;
  }

  /** Highest first. */
  async list(threadId: ThreadId): Promise<SnapshotRecord[]> {
    const records: SnapshotRecord[] = [];
    for await (const { key, value } of this.#store.entries(prefixRange(prefixes.snapshots(threadId))))
      records.unshift(unwrapValue(key, value, decodeSnapshotRecord));
    return records;
  }

  /** Durable when resolved. */
  async put(record: SnapshotRecord): Promise<void> {
    const { threadId, height } = record.manifest;
    await this.#dropping.get(nameOf(threadId, height));
    await this.#store.commit([putOp(keys.snapshot(threadId, height), encodeSnapshotRecord(record))], { durable: true });
  }

  /**
   * Durable when resolved, and not there before. Its pieces are written from the last to the first, so that the first
   * stands for all of them.
   * @param rest called after each piece: work that nobody waits for gives way there
   */
  async putChunk(
    threadId: ThreadId,
    height: Height,
    index: number,
    chunk: Uint8Array,
    rest: () => Promise<void> = noRest,
  ): Promise<void> {
    await this.#dropping.get(nameOf(threadId, height));
    for (let piece = Math.max(0, Math.ceil(chunk.length / PIECE_BYTES) - 1); piece >= 0; piece--) {
      const bytes = chunk.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
      await this.#store.commit([putOp(keyOfPiece(threadId, height, index, piece), bytes)], { durable: true });
      await rest();
    }
  }

  async chunk(threadId: ThreadId, height: Height, index: number): Promise<Uint8Array | null> {
    const first = keys.snapshotChunk(threadId, height, index);
    const pieces: Uint8Array[] = [];
    for await (const { key, value } of this.#store.entries(prefixRange(first))) {
      if (pieces.length === 0 && key.length !== first.length) return null;
      pieces.push(unwrapValue(key, value, rawPayload));
    }
    return pieces.length === 0 ? null : concatBytes(...pieces);
  }

  /** Final blocks below the snapshot that other threads still import from, ascending. */
  async putTail(threadId: ThreadId, height: Height, blocks: readonly SealedBlock[]): Promise<void> {
    const ops = blocks.map((block) => putOp(keys.snapshotTail(threadId, height, block.header.height), block.bytes));
    await this.#store.commit(ops, { durable: true });
  }

  /**
   * Heights of what a crash left of snapshots that were being taken: their record comes after all chunks, so nothing
   * else knows of these. To be asked for while none is being taken or fetched. Cost: two looks per snapshot.
   */
  async orphans(threadId: ThreadId): Promise<Height[]> {
    const known = new Set((await this.list(threadId)).map(({ manifest }) => manifest.height));
    const chunks = await this.#heightsIn(prefixes.snapshotChunksOf(threadId), (at) =>
      prefixes.snapshotChunks(threadId, at),
    );
    const tails = await this.#heightsIn(prefixes.snapshotTailsOf(threadId), (at) =>
      prefixes.snapshotTail(threadId, at),
    );
    return [...new Set([...chunks, ...tails])].filter((at) => !known.has(at));
  }

  /** Jumps from one snapshot to the next, whatever lies in them. */
  async #heightsIn(prefix: Uint8Array, prefixOf: (at: Height) => Uint8Array): Promise<Height[]> {
    const heights: Height[] = [];
    let range = prefixRange(prefix, 1);
    for (;;) {
      let at: Height | null = null;
      for await (const { key } of this.#store.entries(range)) at = keyParts.snapshotHeight(key);
      if (at === null) return heights;
      heights.push(at);
      range = { ...range, from: prefixEnd(prefixOf(at)) };
    }
  }

  /** The record goes last: broken off, it is dropped again with the next one. @param rest as above */
  async drop(threadId: ThreadId, height: Height, rest: () => Promise<void> = noRest): Promise<void> {
    const name = nameOf(threadId, height);
    const dropping = this.#dropping.get(name) ?? this.#drop(threadId, height, rest);
    this.#dropping.set(name, dropping);
    await dropping.finally(() => this.#dropping.delete(name));
  }

  async #drop(threadId: ThreadId, height: Height, rest: () => Promise<void>): Promise<void> {
    await this.#deleteAll(prefixes.snapshotChunks(threadId, height), DROPS_PER_COMMIT, rest);
    await this.#deleteAll(prefixes.snapshotTail(threadId, height), DROPS_PER_COMMIT, rest);
    await this.#store.commit([{ type: "delete", key: keys.snapshot(threadId, height) }], { durable: true });
  }

  /**
   * Makes a verified snapshot the thread's last final block and state. Nothing may have the thread open. The record
   * comes last: a crash before it leaves the snapshot `verified`, and the next start begins again.
   */
  async adopt({ manifest, votedFinal }: SnapshotRecord): Promise<void> {
    const { threadId, height } = manifest;
    await this.#deleteAll(prefixes.state(threadId), OPS_PER_COMMIT, noRest);
    for (let index = 0; index < manifest.chunkHashes.length; index++) {
      const chunk = await this.chunk(threadId, height, index);
      assert(chunk !== null, `chunk ${index} of a verified snapshot is stored`);
      const ops = stateOps(threadId, unwrap(decodeSnapshotChunk(chunk)));
      await this.#store.commit(ops, { durable: true });
    }
    const tail = await this.#tailOps(threadId, height);
    const header: BlockHeader = manifest.proof.headers[0]!;
    const record = encodeFinalRecord({ height, blockId: manifest.blockId, facts: manifest.facts });
    await this.#store.commit(
      [
        // The tail knows more of its last block.
        putOp(keys.header(manifest.blockId), encodeBlockHeader(header)),
        ...tail,
        putOp(keys.finalityProof(manifest.blockId), encodeFinalityProof(manifest.proof)),
        putOp(keys.final(threadId, height), record),
        putOp(keys.finalHead(threadId), record),
        putOp(keys.snapshot(threadId, height), encodeSnapshotRecord({ manifest, stage: "kept", votedFinal })),
      ],
      { durable: true },
    );
  }

  async lastFinalHeight(threadId: ThreadId): Promise<Height | null> {
    const key = keys.finalHead(threadId);
    const value = await this.#store.get(key);
    return value === null ? null : unwrapValue(key, value, decodeFinalRecord).height;
  }

  async #deleteAll(prefix: Uint8Array, perCommit: number, rest: () => Promise<void>): Promise<void> {
    for (;;) {
      const ops: KeyValueOp[] = [];
      const range = prefixRange(prefix, perCommit);
      for await (const { key } of this.#store.entries(range)) ops.push({ type: "delete", key });
      if (ops.length === 0) return;
      await this.#store.commit(ops, { durable: true });
      await rest();
    }
  }

  async #tailOps(threadId: ThreadId, height: Height): Promise<KeyValueOp[]> {
    const ops: KeyValueOp[] = [];
    for await (const { key, value } of this.#store.entries(prefixRange(prefixes.snapshotTail(threadId, height)))) {
      const block = unwrap(decodeSealedBlock(unwrapValue(key, value, rawPayload)));
      const at = block.header.height;
      ops.push({ type: "put", key: keys.body(block.id), value: block.bytes });
      ops.push(putOp(keys.header(block.id), encodeBlockHeaderRecord(block)));
      ops.push(putOp(keys.blockAt(threadId, at, block.id), new Uint8Array(0)));
      if (at === height) continue;
      const record = encodeFinalRecord({ height: at, blockId: block.id, facts: new Uint8Array(0) });
      ops.push(putOp(keys.final(threadId, at), record));
    }
    return ops;
  }
}

function nameOf(threadId: ThreadId, height: Height): string {
  return `${threadId}/${height}`;
}

function noRest(): Promise<void> {
  return Promise.resolve();
}

function keyOfPiece(threadId: ThreadId, height: Height, index: number, piece: number): Uint8Array {
  return piece === 0 ? keys.snapshotChunk(threadId, height, index) : keys.snapshotPiece(threadId, height, index, piece);
}

/** Which chunks of a snapshot are here. */
export async function storedChunks(
  store: SnapshotStore,
  { threadId, height, chunkHashes }: SnapshotManifest,
): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < chunkHashes.length; index++) {
    if ((await store.chunk(threadId, height, index)) !== null) found.push(index);
  }
  return found;
}

function encodeSnapshotRecord({ manifest, stage, votedFinal }: SnapshotRecord): Uint8Array {
  const writer = new ByteWriter(8_192).u8(STAGES.indexOf(stage)).bool(votedFinal);
  writeSnapshotManifest(writer, manifest);
  return writer.finish();
}

function decodeSnapshotRecord(bytes: Uint8Array): Result<SnapshotRecord, DecodeError> {
  return decode(bytes, (reader) => {
    const stage = STAGES[reader.u8()];
    if (stage === undefined) return reader.fail("unknown stage of a snapshot");
    return { stage, votedFinal: reader.bool(), manifest: readSnapshotManifest(reader) };
  });
}
