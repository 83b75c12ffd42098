import {
  type AggregatedAttestation,
  readAggregatedAttestation,
  readSignedAttestation,
  type SignedAttestation,
  writeAggregatedAttestation,
  writeSignedAttestation,
} from "./attestation.js";
import { type ByteReader, decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { assertNever } from "./assert.js";
import { type BlockId, type Height, height, type Term, term, type ThreadId } from "./ids.js";
import {
  BLOCK_BYTES_MAX,
  BLOCKS_PER_RESPONSE_MAX,
  EVIDENCE_BYTES_MAX,
  EXTERNAL_MESSAGE_BYTES_MAX,
  FORWARDED_MESSAGES_MAX,
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOTS_KEPT_MAX,
} from "./limits.js";
import type { Result } from "./result.js";
import { readSignedLock, type SignedLock, writeSignedLock } from "./signedLock.js";
import { HASH_BYTES } from "./hash.js";
import {
  readSignedAck,
  readSignedNack,
  type SignedAck,
  type SignedNack,
  writeSignedAck,
  writeSignedNack,
} from "./verdict.js";
import { readSnapshotManifest, type SnapshotManifest, writeSnapshotManifest } from "./snapshot.js";

/** Everything one keeper says to another. Blocks stay bytes here: their decoder has its own errors. */
export type WireMessage =
  /** A producer's newly sealed block. */
  | { readonly type: "candidate"; readonly block: Uint8Array }
  /** A BK's vote, to the producer of the attested block's thread. */
  | { readonly type: "attestation"; readonly vote: SignedAttestation }
  /** A certificate, relayed as soon as it is complete. */
  | { readonly type: "certificate"; readonly certificate: AggregatedAttestation }
  /** Clients' messages on their way to the producer and to custodians. */
  | { readonly type: "externals"; readonly messages: readonly Uint8Array[] }
  /** Where the sender stands in a thread: on connecting, and when asked for more than it has. */
  | { readonly type: "status"; readonly status: ThreadStatus }
  /** Asks for blocks of a thread's chain, ascending from `fromHeight`, ending at `tipId` when that is not null. */
  | {
      readonly type: "blockRequest";
      readonly threadId: ThreadId;
      readonly fromHeight: Height;
      readonly tipId: BlockId | null;
    }
  /** Blocks of one chain, ascending, and the certificate of the last one when the sender has it. */
  | {
      readonly type: "blockResponse";
      readonly threadId: ThreadId;
      readonly blocks: readonly Uint8Array[];
      readonly certificate: AggregatedAttestation | null;
    }
  /** A hint that the sender sees no progress and would enter `term`; its link says who sent it, and it promises nothing. */
  | { readonly type: "suspect"; readonly threadId: ThreadId; readonly term: Term }
  | { readonly type: "lock"; readonly lock: SignedLock }
  /** The producer of `term` leaves the thread to the next one, because it leads its share of others. */
  | { readonly type: "yield"; readonly threadId: ThreadId; readonly term: Term }
  /** Proof of a keeper's fault, in its own encoding. */
  | { readonly type: "evidence"; readonly evidence: Uint8Array }
  /** A verifier's word that a block is good, to the block's producer. */
  | { readonly type: "ack"; readonly ack: SignedAck }
  /** A BK's word that a block is bad, over its own link. */
  | { readonly type: "nack"; readonly nack: SignedNack }
  /** Asks for the newest snapshots of a thread, and which block is final at a height. */
  | { readonly type: "snapshotRequest"; readonly threadId: ThreadId; readonly finalAt: Height | null }
  /** Answer to a request, and to a request for blocks that are not kept any more. */
  | {
      readonly type: "snapshots";
      readonly threadId: ThreadId;
      readonly manifests: readonly SnapshotManifest[];
      readonly finalAt: { readonly height: Height; readonly blockId: BlockId } | null;
    }
  | {
      readonly type: "snapshotChunkRequest";
      readonly threadId: ThreadId;
      readonly height: Height;
      readonly index: number;
    }
  /** Null: the sender does not have it any more. */
  | {
      readonly type: "snapshotChunk";
      readonly threadId: ThreadId;
      readonly height: Height;
      readonly index: number;
      readonly chunk: Uint8Array | null;
    };

/** Where a keeper stands in one thread, by its own word: only the certificate proves itself. */
export interface ThreadStatus {
  readonly threadId: ThreadId;
  readonly finalHeight: Height;
  readonly finalId: BlockId;
  readonly currentTerm: Term;
  /** The highest-ranked certificate that the sender holds; null at genesis. */
  readonly highestQc: AggregatedAttestation | null;
  /** The newest block that the sender has applied, certified or not: whoever lacks it may ask for it. */
  readonly tip: { readonly height: Height; readonly blockId: BlockId };
}

const TAG = {
  candidate: 0,
  attestation: 1,
  certificate: 2,
  externals: 3,
  status: 4,
  blockRequest: 5,
  blockResponse: 6,
  suspect: 7,
  lock: 8,
  yield: 9,
  evidence: 11,
  snapshotRequest: 12,
  snapshots: 13,
  snapshotChunkRequest: 14,
  snapshotChunk: 15,
  ack: 16,
  nack: 17,
} as const satisfies Record<WireMessage["type"], number>;

/** One frame. It must not be larger than `limits.FRAME_BYTES_MAX`, or no peer takes it. */
export function encodeWireMessage(message: WireMessage): Uint8Array {
  const writer = new ByteWriter(512).u8(TAG[message.type]);
  switch (message.type) {
    case "candidate":
      writer.bytes(message.block);
      break;
    case "attestation":
      writeSignedAttestation(writer, message.vote);
      break;
    case "certificate":
      writeAggregatedAttestation(writer, message.certificate);
      break;
    case "externals":
      writer.list(message.messages, (w, item) => w.bytes(item));
      break;
    case "status":
      writeStatus(writer, message.status);
      break;
    case "blockRequest":
      writer
        .hex(message.threadId)
        .u64(message.fromHeight)
        .option(message.tipId, (w, id) => w.hex(id));
      break;
    case "blockResponse":
      writer.hex(message.threadId).list(message.blocks, (w, block) => w.bytes(block));
      writer.option(message.certificate, writeAggregatedAttestation);
      break;
    case "suspect":
    case "yield":
      writer.hex(message.threadId).u64(message.term);
      break;
    case "lock":
      writeSignedLock(writer, message.lock);
      break;
    case "evidence":
      writer.bytes(message.evidence);
      break;
    case "ack":
      writeSignedAck(writer, message.ack);
      break;
    case "nack":
      writeSignedNack(writer, message.nack);
      break;
    case "snapshotRequest":
      writer.hex(message.threadId).option(message.finalAt, (w, at) => w.u64(at));
      break;
    case "snapshots":
      writer.hex(message.threadId).list(message.manifests, writeSnapshotManifest);
      writer.option(message.finalAt, (w, at) => w.u64(at.height).hex(at.blockId));
      break;
    case "snapshotChunkRequest":
      writer.hex(message.threadId).u64(message.height).u32(message.index);
      break;
    case "snapshotChunk":
      writer.hex(message.threadId).u64(message.height).u32(message.index);
      writer.option(message.chunk, (w, chunk) => w.bytes(chunk));
      break;
    default:
      assertNever(message);
  }
  return writer.finish();
}

/** Checks form only, for any bytes. Blocks and evidence inside stay bytes: their receiver decodes them. */
export function decodeWireMessage(bytes: Uint8Array): Result<WireMessage, DecodeError> {
  return decode(bytes, readWireMessage);
}

function readWireMessage(reader: ByteReader): WireMessage {
  const tag = reader.u8();
  switch (tag) {
    case TAG.candidate:
      return { type: "candidate", block: reader.bytes(BLOCK_BYTES_MAX) };
    case TAG.attestation:
      return { type: "attestation", vote: readSignedAttestation(reader) };
    case TAG.certificate:
      return { type: "certificate", certificate: readAggregatedAttestation(reader) };
    case TAG.externals:
      return {
        type: "externals",
        messages: reader.list(FORWARDED_MESSAGES_MAX, 4, (r) => r.bytes(EXTERNAL_MESSAGE_BYTES_MAX)),
      };
    case TAG.status:
      return { type: "status", status: readStatus(reader) };
    case TAG.blockRequest:
      return {
        type: "blockRequest",
        threadId: reader.hex(34) as ThreadId,
        fromHeight: height(reader.u64()),
        tipId: reader.option((r) => r.hex(32) as BlockId),
      };
    case TAG.blockResponse:
      return {
        type: "blockResponse",
        threadId: reader.hex(34) as ThreadId,
        blocks: reader.list(BLOCKS_PER_RESPONSE_MAX, 4, (r) => r.bytes(BLOCK_BYTES_MAX)),
        certificate: reader.option(readAggregatedAttestation),
      };
    case TAG.yield:
      return { type: "yield", threadId: reader.hex(34) as ThreadId, term: term(reader.u64()) };
    case TAG.suspect:
      return { type: "suspect", threadId: reader.hex(34) as ThreadId, term: term(reader.u64()) };
    case TAG.lock:
      return { type: "lock", lock: readSignedLock(reader) };
    case TAG.evidence:
      return { type: "evidence", evidence: reader.bytes(EVIDENCE_BYTES_MAX) };
    case TAG.ack:
      return { type: "ack", ack: readSignedAck(reader) };
    case TAG.nack:
      return { type: "nack", nack: readSignedNack(reader) };
    case TAG.snapshotRequest:
    case TAG.snapshots:
    case TAG.snapshotChunkRequest:
    case TAG.snapshotChunk:
      return readSnapshotMessage(reader, tag);
    default:
      return reader.fail(`unknown message tag ${tag}`);
  }
}

function readSnapshotMessage(reader: ByteReader, tag: number): WireMessage {
  const threadId = reader.hex(34) as ThreadId;
  if (tag === TAG.snapshotRequest)
    return { type: "snapshotRequest", threadId, finalAt: reader.option((r) => height(r.u64())) };
  if (tag === TAG.snapshots)
    return {
      type: "snapshots",
      threadId,
      manifests: reader.list(SNAPSHOTS_KEPT_MAX, HASH_BYTES, readSnapshotManifest),
      finalAt: reader.option((r) => ({ height: height(r.u64()), blockId: r.hex(32) as BlockId })),
    };
  const place = { threadId, height: height(reader.u64()), index: reader.u32() };
  if (tag === TAG.snapshotChunkRequest) return { type: "snapshotChunkRequest", ...place };
  const chunk = reader.option((r) => r.bytes(SNAPSHOT_CHUNK_BYTES_MAX));
  return { type: "snapshotChunk", ...place, chunk };
}

function writeStatus(writer: ByteWriter, status: ThreadStatus): void {
  writer.hex(status.threadId).u64(status.finalHeight).hex(status.finalId).u64(status.currentTerm);
  writer.option(status.highestQc, writeAggregatedAttestation).u64(status.tip.height).hex(status.tip.blockId);
}

function readStatus(reader: ByteReader): ThreadStatus {
  return {
    threadId: reader.hex(34) as ThreadId,
    finalHeight: height(reader.u64()),
    finalId: reader.hex(32) as BlockId,
    currentTerm: term(reader.u64()),
    highestQc: reader.option(readAggregatedAttestation),
    tip: { height: height(reader.u64()), blockId: reader.hex(32) as BlockId },
  };
}
