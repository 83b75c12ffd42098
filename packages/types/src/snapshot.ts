import { type ByteReader, decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { type FinalityProof, readFinalityProof, writeFinalityProof } from "./finalityProof.js";
import { HASH_BYTES, sha256Hex } from "./hash.js";
import { type BlockId, type Height, height, type ThreadId } from "./ids.js";
import { SNAPSHOT_CHUNK_BYTES_MAX, SNAPSHOT_CHUNKS_MAX, SNAPSHOT_FACTS_BYTES_MAX } from "./limits.js";
import type { Result } from "./result.js";
import { STATE_KEY_BYTES_MAX } from "./stateChange.js";

/**
 * What a keeper shows of its snapshot: the state of a thread after a final block that asked to share it. Honest keepers
 * show the same but for the proof, which may be any proof of the block.
 */
export interface SnapshotManifest {
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly blockId: BlockId;
  /** Of the block: with the keeper set, all that proves it final, and so its state root. */
  readonly proof: FinalityProof;
  /** What consensus derives of the block; nothing in the block commits to it, so it needs f + 1 keepers' word. */
  readonly facts: Uint8Array;
  /** SHA-256 of every chunk, in order. */
  readonly chunkHashes: readonly Uint8Array[];
}

/** One entry of a thread's state. */
export interface SnapshotEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export function writeSnapshotManifest(writer: ByteWriter, manifest: SnapshotManifest): void {
  writeContent(writer, manifest);
  writeFinalityProof(writer, manifest.proof);
}

export function readSnapshotManifest(reader: ByteReader): SnapshotManifest {
  return {
    threadId: reader.hex(34) as ThreadId,
    height: height(reader.u64()),
    blockId: reader.hex(32) as BlockId,
    facts: reader.bytes(SNAPSHOT_FACTS_BYTES_MAX),
    chunkHashes: reader.list(SNAPSHOT_CHUNKS_MAX, HASH_BYTES, (r) => r.fixed(HASH_BYTES)),
    proof: readFinalityProof(reader),
  };
}

export function encodeSnapshotManifest(manifest: SnapshotManifest): Uint8Array {
  const writer = new ByteWriter(8_192);
  writeSnapshotManifest(writer, manifest);
  return writer.finish();
}

/** Checks form only, for any bytes: its proof and the word of others are for the caller to check. */
export function decodeSnapshotManifest(bytes: Uint8Array): Result<SnapshotManifest, DecodeError> {
  return decode(bytes, readSnapshotManifest);
}

/** Names everything that honest keepers agree on: all but the proof. */
export function snapshotContentHash(manifest: SnapshotManifest): string {
  const writer = new ByteWriter(8_192);
  writeContent(writer, manifest);
  return sha256Hex(writer.finish());
}

function writeContent(
  writer: ByteWriter,
  { threadId, height: at, blockId, facts, chunkHashes }: Omit<SnapshotManifest, "proof">,
): void {
  writer
    .hex(threadId)
    .u64(at)
    .hex(blockId)
    .bytes(facts)
    .list(chunkHashes, (w, hash) => w.fixed(hash, HASH_BYTES));
}

/** Entries in the order of their keys; its SHA-256 stands in the manifest. */
export function encodeSnapshotChunk(entries: readonly SnapshotEntry[]): Uint8Array {
  const writer = new ByteWriter(64 * 1024);
  return writer.list(entries, (w, entry) => w.bytes(entry.key).bytes(entry.value)).finish();
}

/** For bytes whose hash was found in a manifest; form is checked all the same, order is not. */
export function decodeSnapshotChunk(bytes: Uint8Array): Result<SnapshotEntry[], DecodeError> {
  return decode(bytes, (reader) =>
    reader.list(SNAPSHOT_CHUNK_BYTES_MAX, 8, (r) => ({
      key: r.bytes(STATE_KEY_BYTES_MAX),
      value: r.bytes(SNAPSHOT_CHUNK_BYTES_MAX),
    })),
  );
}
