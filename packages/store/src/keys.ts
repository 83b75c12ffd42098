import {
  type AccountId,
  type BlockId,
  blockIdFromBytes,
  ByteWriter,
  HASH_BYTES,
  type Height,
  height,
  type KeeperId,
  type MessageHash,
  messageHashFromBytes,
  type Term,
  term,
  type ThreadId,
} from "@sealwright/types";

/** First byte of every key. A number is never used for something else; a table that goes leaves its number behind. */
export const TABLE = {
  stamp: 0x00,
  body: 0x01,
  header: 0x02,
  blockAt: 0x03,
  voteState: 0x04,
  sealed: 0x05,
  firstOfTerm: 0x06,
  final: 0x07,
  finalHead: 0x08,
  finalityProof: 0x09,
  state: 0x0a,
  messageStatus: 0x0b,
  custody: 0x0c,
  evidence: 0x0d,
  trace: 0x0e,
  tracesOf: 0x0f,
  blockState: 0x10,
  child: 0x11,
  snapshotTail: 0x12,
  snapshot: 0x13,
  snapshotChunk: 0x14,
  votedFinal: 0x15,
} as const;

export type TableName = keyof typeof TABLE;

function key(table: TableName): ByteWriter {
  return new ByteWriter(96).u8(TABLE[table]);
}

/** Every key of the store. Numbers are big-endian, so the order of keys is the order of terms and heights. */
export const keys = {
  stamp: () => key("stamp").finish(),
  body: (id: BlockId) => key("body").hex(id).finish(),
  header: (id: BlockId) => key("header").hex(id).finish(),
  blockAt: (thread: ThreadId, at: Height, id: BlockId) => key("blockAt").hex(thread).u64(at).hex(id).finish(),
  voteState: (thread: ThreadId) => key("voteState").hex(thread).finish(),
  sealed: (thread: ThreadId, t: Term, at: Height) => key("sealed").hex(thread).u64(t).u64(at).finish(),
  firstOfTerm: (thread: ThreadId, t: Term) => key("firstOfTerm").hex(thread).u64(t).finish(),
  final: (thread: ThreadId, at: Height) => key("final").hex(thread).u64(at).finish(),
  finalHead: (thread: ThreadId) => key("finalHead").hex(thread).finish(),
  /** The final block at the height of the last vote, when it was pruned. */
  votedFinal: (thread: ThreadId) => key("votedFinal").hex(thread).finish(),
  finalityProof: (id: BlockId) => key("finalityProof").hex(id).finish(),
  state: (thread: ThreadId, entry: Uint8Array) => key("state").hex(thread).fixed(entry, entry.length).finish(),
  messageStatus: (hash: MessageHash) => key("messageStatus").hex(hash).finish(),
  custody: (thread: ThreadId, hash: MessageHash) => key("custody").hex(thread).hex(hash).finish(),
  evidence: (accused: KeeperId, offence: Uint8Array) =>
    key("evidence").hex(accused).fixed(offence, HASH_BYTES).finish(),
  trace: (account: AccountId, lt: bigint) => key("trace").hex(account).u64(lt).finish(),
  tracesOf: (thread: ThreadId, at: Height) => key("tracesOf").hex(thread).u64(at).finish(),
  snapshot: (thread: ThreadId, at: Height) => key("snapshot").hex(thread).u64(at).finish(),
  snapshotChunk: (thread: ThreadId, at: Height, index: number) =>
    key("snapshotChunk").hex(thread).u64(at).u32(index).finish(),
  /** Of pieces 1 and above; piece 0 lies under the chunk's own key. */
  snapshotPiece: (thread: ThreadId, at: Height, index: number, piece: number) =>
    key("snapshotChunk").hex(thread).u64(at).u32(index).u32(piece).finish(),
  snapshotTail: (thread: ThreadId, at: Height, tailHeight: Height) =>
    key("snapshotTail").hex(thread).u64(at).u64(tailHeight).finish(),
  blockState: (id: BlockId) => key("blockState").hex(id).finish(),
  child: (parent: BlockId, thread: ThreadId, child: BlockId) =>
    key("child").hex(parent).hex(thread).hex(child).finish(),
} as const;

/** Beginnings of keys, for ranges. */
export const prefixes = {
  blocksOf: (thread: ThreadId) => key("blockAt").hex(thread).finish(),
  blocksAt: (thread: ThreadId, at: Height) => key("blockAt").hex(thread).u64(at).finish(),
  sealed: (thread: ThreadId) => key("sealed").hex(thread).finish(),
  final: (thread: ThreadId) => key("final").hex(thread).finish(),
  state: (thread: ThreadId) => key("state").hex(thread).finish(),
  messageStatus: () => key("messageStatus").finish(),
  custody: (thread: ThreadId) => key("custody").hex(thread).finish(),
  evidence: () => key("evidence").finish(),
  evidenceAgainst: (accused: KeeperId) => key("evidence").hex(accused).finish(),
  traces: (account: AccountId) => key("trace").hex(account).finish(),
  snapshots: (thread: ThreadId) => key("snapshot").hex(thread).finish(),
  snapshotChunksOf: (thread: ThreadId) => key("snapshotChunk").hex(thread).finish(),
  snapshotTailsOf: (thread: ThreadId) => key("snapshotTail").hex(thread).finish(),
  snapshotChunks: (thread: ThreadId, at: Height) => key("snapshotChunk").hex(thread).u64(at).finish(),
  snapshotTail: (thread: ThreadId, at: Height) => key("snapshotTail").hex(thread).u64(at).finish(),
  children: (parent: BlockId) => key("child").hex(parent).finish(),
  childrenIn: (parent: BlockId, thread: ThreadId) => key("child").hex(parent).hex(thread).finish(),
} as const;

const THREAD_END = 1 + 34;

/** What stands in keys that a range returned; their lengths are fixed by the tables above. */
export const keyParts = {
  blockAt: (bytes: Uint8Array): { readonly height: Height; readonly id: BlockId } => ({
    height: height(readU64(bytes, THREAD_END)),
    id: blockIdFromBytes(bytes.subarray(THREAD_END + 8)),
  }),
  sealed: (bytes: Uint8Array): { readonly term: Term; readonly height: Height } => ({
    term: term(readU64(bytes, THREAD_END)),
    height: height(readU64(bytes, THREAD_END + 8)),
  }),
  /** Of a chunk, a piece or a tail: the height of the snapshot that it belongs to. */
  snapshotHeight: (bytes: Uint8Array): Height => height(readU64(bytes, THREAD_END)),
  state: (bytes: Uint8Array): Uint8Array => bytes.subarray(THREAD_END),
  messageStatus: (bytes: Uint8Array): MessageHash => messageHashFromBytes(bytes.subarray(1)),
  trace: (bytes: Uint8Array): bigint => readU64(bytes, 1 + 32),
  child: (bytes: Uint8Array): BlockId => blockIdFromBytes(bytes.subarray(1 + 32 + 34)),
} as const;

function readU64(bytes: Uint8Array, offset: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(offset);
}
