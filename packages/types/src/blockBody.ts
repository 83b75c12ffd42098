import {
  type AggregatedAttestation,
  encodeAggregatedAttestation,
  readAggregatedAttestation,
  writeAggregatedAttestation,
} from "./attestation.js";
import type { BodyRoots } from "./blockHeader.js";
import { type ByteReader } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { type FinalityProof, readFinalityProof, writeFinalityProof } from "./finalityProof.js";
import { HASH_BYTES, sha256 } from "./hash.js";
import { type AccountId, type Height, height, type MessageHash, type ThreadId } from "./ids.js";
import {
  ACCUSATION_BYTES_MAX,
  ACCUSATIONS_PER_BLOCK_MAX,
  ATTESTATIONS_PER_BLOCK_MAX,
  EXTERNAL_MESSAGE_BYTES_MAX,
  EXTERNALS_PER_BLOCK_MAX,
  OUTBOUND_BODY_BYTES_MAX,
  OUTBOUND_PER_BLOCK_MAX,
  RECEIPT_DETAIL_BYTES_MAX,
  RECEIPTS_PER_BLOCK_MAX,
  REFS_PER_BLOCK_MAX,
  STATE_UPDATE_BYTES_MAX,
} from "./limits.js";
import { merkleRoot } from "./merkle.js";
import { readSwitchCertificate, type SwitchCertificate, writeSwitchCertificate } from "./switchCertificate.js";

/** Where importing from a source thread goes on: the first message not imported yet. */
export interface ImportCursor {
  readonly height: Height;
  /** Index among that block's messages for the importing thread. */
  readonly position: number;
}

/** An imported range of another thread's messages, ending in or before a block proved final (protocol §12). */
export interface Ref {
  readonly threadId: ThreadId;
  readonly from: ImportCursor;
  /** Exclusive end, at most just past the last message of the proved block. */
  readonly to: ImportCursor;
  /** Its first header is the proved block. */
  readonly proof: FinalityProof;
}

/** An internal message that leaves a block; its destination's thread imports it exactly once, in order. */
export interface OutboundMessage {
  readonly source: AccountId;
  readonly destination: AccountId;
  /** Meaning belongs to the execution engine. */
  readonly body: Uint8Array;
}

/** What came of one message, in the order of execution: imported messages first, then externals. */
export interface Receipt {
  /** Hash of the external message, or of the encoded internal one. */
  readonly messageHash: MessageHash;
  /** 0 = done; everything else is of the engine's closed list. What fails may still be billed: its engine says what it changed. */
  readonly code: number;
  readonly gasUsed: number;
  readonly detail: Uint8Array;
}

/** Wishes of the producer to every node. */
export interface Directives {
  /** Every node keeps a snapshot of the state after this block once it is final. */
  readonly shareState: boolean;
}

/** What a producer adds when it seals (protocol §10). */
export interface CommonSection {
  readonly attestations: readonly AggregatedAttestation[];
  readonly switchCertificate: SwitchCertificate | null;
  readonly directives: Directives;
  /** Acks, nacks and evidence, each in its own encoding. */
  readonly accusations: readonly Uint8Array[];
}

/** What execution yields, before the block has an identity. */
export interface ExecutedSection {
  readonly refs: readonly Ref[];
  /** External messages as their clients sent them, in order of execution. */
  readonly externals: readonly Uint8Array[];
  readonly outbound: readonly OutboundMessage[];
  readonly receipts: readonly Receipt[];
  /** Engine-defined difference to the parent's state. */
  readonly stateUpdate: Uint8Array;
}

/** All of a block but its header and signature; the header's `BodyRoots` bind it into the id. */
export interface BlockBody extends CommonSection, ExecutedSection {}

/** The roots that a header must show for this body. `threadsTable` is handed in: it follows from the parent. */
export function bodyRootsOf(body: BlockBody, threadsTableHash: Uint8Array): BodyRoots {
  return {
    attestations: merkleRoot(body.attestations.map(encodeAggregatedAttestation)),
    switchCertificate:
      body.switchCertificate === null ? NO_CERTIFICATE.slice() : hashOfCertificate(body.switchCertificate),
    refs: merkleRoot(body.refs.map((ref) => encodeWith((w) => writeRef(w, ref)))),
    externals: merkleRoot(body.externals),
    outbound: merkleRoot(body.outbound.map(encodeOutboundMessage)),
    receipts: merkleRoot(body.receipts.map(encodeReceipt)),
    stateUpdate: sha256(body.stateUpdate),
    directives: (body.directives.shareState ? SHARING : NOT_SHARING).slice(),
    accusations: merkleRoot(body.accusations),
    threadsTable: threadsTableHash,
  };
}

function hashOfCertificate(certificate: SwitchCertificate | null): Uint8Array {
  return sha256(encodeWith((w) => w.option(certificate, writeSwitchCertificate)));
}

function hashOfDirectives(directives: Directives): Uint8Array {
  return sha256(encodeWith((w) => writeDirectives(w, directives)));
}

// Hashed once, for they stand in nearly every block.
const NO_CERTIFICATE = hashOfCertificate(null);
const SHARING = hashOfDirectives({ shareState: true });
const NOT_SHARING = hashOfDirectives({ shareState: false });

export function writeBlockBody(writer: ByteWriter, body: BlockBody): void {
  writer.list(body.attestations, writeAggregatedAttestation).option(body.switchCertificate, writeSwitchCertificate);
  writeDirectives(writer, body.directives);
  writer.list(body.accusations, (w, item) => w.bytes(item)).list(body.refs, writeRef);
  writer.list(body.externals, (w, item) => w.bytes(item)).list(body.outbound, writeOutboundMessage);
  writer.list(body.receipts, writeReceipt).bytes(body.stateUpdate);
}

/** Refuses a list beyond its limit in `limits` before it allocates; roots and rules are not checked here. */
export function readBlockBody(reader: ByteReader): BlockBody {
  return {
    attestations: reader.list(ATTESTATIONS_PER_BLOCK_MAX, AGGREGATE_BYTES_MIN, readAggregatedAttestation),
    switchCertificate: reader.option(readSwitchCertificate),
    directives: { shareState: reader.bool() },
    accusations: reader.list(ACCUSATIONS_PER_BLOCK_MAX, 4, (r) => r.bytes(ACCUSATION_BYTES_MAX)),
    refs: reader.list(REFS_PER_BLOCK_MAX, REF_BYTES_MIN, readRef),
    externals: reader.list(EXTERNALS_PER_BLOCK_MAX, 4, (r) => r.bytes(EXTERNAL_MESSAGE_BYTES_MAX)),
    outbound: reader.list(OUTBOUND_PER_BLOCK_MAX, OUTBOUND_BYTES_MIN, readOutboundMessage),
    receipts: reader.list(RECEIPTS_PER_BLOCK_MAX, RECEIPT_BYTES_MIN, readReceipt),
    stateUpdate: reader.bytes(STATE_UPDATE_BYTES_MAX),
  };
}

const AGGREGATE_BYTES_MIN = 115 + 4 + 2 + 96;
const REF_BYTES_MIN = 34 + 24;
const OUTBOUND_BYTES_MIN = 64 + 4;
const RECEIPT_BYTES_MIN = HASH_BYTES + 2 + 4 + 4;

export function writeRef(writer: ByteWriter, ref: Ref): void {
  writer.hex(ref.threadId);
  writeCursor(writer, ref.from);
  writeCursor(writer, ref.to);
  writeFinalityProof(writer, ref.proof);
}

export function readRef(reader: ByteReader): Ref {
  return {
    threadId: reader.hex(34) as ThreadId,
    from: readCursor(reader),
    to: readCursor(reader),
    proof: readFinalityProof(reader),
  };
}

export function writeCursor(writer: ByteWriter, cursor: ImportCursor): void {
  writer.u64(cursor.height).u32(cursor.position);
}

export function readCursor(reader: ByteReader): ImportCursor {
  return { height: height(reader.u64()), position: reader.u32() };
}

export function writeOutboundMessage(writer: ByteWriter, message: OutboundMessage): void {
  writer.hex(message.source).hex(message.destination).bytes(message.body);
}

export function readOutboundMessage(reader: ByteReader): OutboundMessage {
  return {
    source: reader.hex(32) as AccountId,
    destination: reader.hex(32) as AccountId,
    body: reader.bytes(OUTBOUND_BODY_BYTES_MAX),
  };
}

/** The leaf in the root of outbound messages, and what an imported message's receipt hashes. */
export function encodeOutboundMessage(message: OutboundMessage): Uint8Array {
  const writer = new ByteWriter(OUTBOUND_BYTES_MIN + message.body.length);
  writeOutboundMessage(writer, message);
  return writer.finish();
}

export function writeReceipt(writer: ByteWriter, receipt: Receipt): void {
  writer.hex(receipt.messageHash).u16(receipt.code).u32(receipt.gasUsed).bytes(receipt.detail);
}

export function readReceipt(reader: ByteReader): Receipt {
  return {
    messageHash: reader.hex(32) as MessageHash,
    code: reader.u16(),
    gasUsed: reader.u32(),
    detail: reader.bytes(RECEIPT_DETAIL_BYTES_MAX),
  };
}

/** The leaf in the root of receipts: a client that has its receipt and a path proves it with this. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const writer = new ByteWriter(RECEIPT_BYTES_MIN + receipt.detail.length);
  writeReceipt(writer, receipt);
  return writer.finish();
}

function writeDirectives(writer: ByteWriter, directives: Directives): void {
  writer.bool(directives.shareState);
}

function encodeWith(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.finish();
}
