import { assert } from "./assert.js";
import { type ByteReader, decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { HASH_BYTES } from "./hash.js";
import {
  type BlockId,
  blockIdFromBytes,
  type Height,
  height,
  type KeeperId,
  type NetworkId,
  type Round,
  round,
  type SeqNo,
  seqNo,
  type Term,
  term,
  type ThreadId,
  type UnixMs,
} from "./ids.js";
import { merkleRoot } from "./merkle.js";
import type { Result } from "./result.js";

/** First in each header; a decoder refuses all others. */
export const BLOCK_VERSION = 1;

/** Who may produce: `order(seed)[index]` of the thread's BK set. */
export interface ProducerSelector {
  readonly seed: BlockId;
  /** term mod N */
  readonly index: number;
}

/** Seed of a block's own randomness: not unbiased, never used to select keepers or to award value (protocol §10). */
export interface RandomnessSource {
  /** The last block that was sealed when building began. */
  readonly ancestorId: BlockId;
  /** How far below this block that ancestor lies, 1..31. */
  readonly distance: number;
}

/** Roots and hashes that bind the parts of the body into the id. All 32 bytes. */
export interface BodyRoots {
  readonly attestations: Uint8Array;
  readonly switchCertificate: Uint8Array;
  readonly refs: Uint8Array;
  readonly externals: Uint8Array;
  readonly outbound: Uint8Array;
  readonly receipts: Uint8Array;
  readonly stateUpdate: Uint8Array;
  readonly directives: Uint8Array;
  readonly accusations: Uint8Array;
  readonly threadsTable: Uint8Array;
}

/** Everything the block id commits to; a light client needs no more than this. */
export interface BlockHeader {
  readonly networkId: NetworkId;
  readonly threadId: ThreadId;
  readonly parentId: BlockId;
  readonly height: Height;
  readonly seqNo: SeqNo;
  readonly term: Term;
  readonly round: Round;
  readonly producer: KeeperId;
  readonly selector: ProducerSelector;
  readonly timeMs: UnixMs;
  readonly randomness: RandomnessSource;
  readonly gasUsed: bigint;
  readonly stateRoot: Uint8Array;
  readonly roots: BodyRoots;
}

const ROOT_NAMES = [
  "attestations",
  "switchCertificate",
  "refs",
  "externals",
  "outbound",
  "receipts",
  "stateUpdate",
  "directives",
  "accusations",
  "threadsTable",
] as const satisfies readonly (keyof BodyRoots)[];

/** The items whose Merkle root is the block id, in this order; an inclusion proof against an id names one of them. */
export const HEADER_LEAF = {
  place: 0,
  parent: 1,
  producer: 2,
  execution: 3,
  stateRoot: 4,
  ...(Object.fromEntries(ROOT_NAMES.map((name, i) => [name, 5 + i])) as Record<keyof BodyRoots, number>),
} as const;

/** The items of `HEADER_LEAF`, each in its encoding: what an inclusion proof against a block id starts from. */
export function headerLeaves(header: BlockHeader): Uint8Array[] {
  return [
    new ByteWriter()
      .u16(BLOCK_VERSION)
      .hex(header.networkId)
      .hex(header.threadId)
      .u64(header.height)
      .u64(header.seqNo)
      .u64(header.term)
      .u64(header.round)
      .finish(),
    new ByteWriter(32).hex(header.parentId).finish(),
    new ByteWriter().hex(header.producer).hex(header.selector.seed).u16(header.selector.index).finish(),
    new ByteWriter()
      .u53(header.timeMs)
      .hex(header.randomness.ancestorId)
      .u8(header.randomness.distance)
      .u64(header.gasUsed)
      .finish(),
    header.stateRoot,
    ...ROOT_NAMES.map((name) => header.roots[name]),
  ];
}

/** The block's identity: Merkle root over its header leaves. Cost: about 35 hashes. */
export function blockIdOf(header: BlockHeader): BlockId {
  return blockIdFromBytes(merkleRoot(headerLeaves(header)));
}

export function writeBlockHeader(writer: ByteWriter, header: BlockHeader): void {
  writer.u16(BLOCK_VERSION).hex(header.networkId).hex(header.threadId).hex(header.parentId);
  writer.u64(header.height).u64(header.seqNo).u64(header.term).u64(header.round);
  writer.hex(header.producer).hex(header.selector.seed).u16(header.selector.index).u53(header.timeMs);
  writer.hex(header.randomness.ancestorId).u8(header.randomness.distance).u64(header.gasUsed);
  writer.fixed(header.stateRoot, HASH_BYTES);
  for (const name of ROOT_NAMES) writer.fixed(header.roots[name], HASH_BYTES);
}

export function readBlockHeader(reader: ByteReader): BlockHeader {
  if (reader.u16() !== BLOCK_VERSION) reader.fail("unknown block version");
  return {
    networkId: reader.hex(32) as NetworkId,
    threadId: reader.hex(34) as ThreadId,
    parentId: reader.hex(32) as BlockId,
    height: height(reader.u64()),
    seqNo: seqNo(reader.u64()),
    term: term(reader.u64()),
    round: round(reader.u64()),
    producer: reader.hex(32) as KeeperId,
    selector: { seed: reader.hex(32) as BlockId, index: reader.u16() },
    timeMs: reader.time(),
    randomness: { ancestorId: reader.hex(32) as BlockId, distance: reader.u8() },
    gasUsed: reader.u64(),
    stateRoot: reader.fixed(HASH_BYTES),
    roots: readRoots(reader),
  };
}

export function encodeBlockHeader(header: BlockHeader): Uint8Array {
  const writer = new ByteWriter(HEADER_BYTES);
  writeBlockHeader(writer, header);
  return writer.finish();
}

/** Checks form only, for any bytes: `blockIdOf` says which block it is the header of. */
export function decodeBlockHeader(bytes: Uint8Array): Result<BlockHeader, DecodeError> {
  return decode(bytes, readBlockHeader);
}

/** Every header has this length. */
export const HEADER_BYTES =
  2 + 32 + 34 + 32 + 4 * 8 + 32 + 32 + 2 + 8 + 32 + 1 + 8 + HASH_BYTES * (1 + ROOT_NAMES.length);

function readRoots(reader: ByteReader): BodyRoots {
  const roots: Partial<Record<keyof BodyRoots, Uint8Array>> = {};
  for (const name of ROOT_NAMES) roots[name] = reader.fixed(HASH_BYTES);
  assert(Object.keys(roots).length === ROOT_NAMES.length, "every root is read");
  return roots as BodyRoots;
}
