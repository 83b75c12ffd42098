import { assert } from "./assert.js";

/** Bounds on everything that comes from outside; a decoder refuses what is larger before it allocates. */

/** Members of a BK set; signer indexes fit a u16, and no network of this kind has more. */
export const KEEPERS_MAX = 1_024;
/** One external message as the client sent it. */
export const EXTERNAL_MESSAGE_BYTES_MAX = 64 * 1024;
/** External messages of one block. */
export const EXTERNALS_PER_BLOCK_MAX = 20_000;
/** Outbound internal messages of one block. */
export const OUTBOUND_PER_BLOCK_MAX = 40_000;
/** One internal message's engine-defined body. */
export const OUTBOUND_BODY_BYTES_MAX = 64 * 1024;
/** Receipts: one per external and imported message. */
export const RECEIPTS_PER_BLOCK_MAX = 60_000;
export const RECEIPT_DETAIL_BYTES_MAX = 1_024;
/** Aggregates that one block carries: one per pending ancestor and target. */
export const ATTESTATIONS_PER_BLOCK_MAX = 128;
/** Imported ranges of one block: one per source thread. */
export const REFS_PER_BLOCK_MAX = 256;
/** Own attestations that travel with one Lock: as many blocks as may be unsettled at once, with room. */
export const LOCK_ATTESTATIONS_MAX = 64;
/** Accusations (acks, nacks, evidence) carried by one block, each opaque to the block codec. */
export const ACCUSATIONS_PER_BLOCK_MAX = 64;
export const ACCUSATION_BYTES_MAX = 16 * 1024;
/** Headers of one finality proof: the deepest a pending ancestor can lie, twice, with room. */
export const PROOF_HEADERS_MAX = 256;
/** Headers that show one vote off the chain of another: what lies further apart is long final. */
export const EVIDENCE_HEADERS_MAX = 64;
/** Two aggregates of the largest set and the headers between them. */
export const EVIDENCE_BYTES_MAX = 64 * 1024;
/** One chunk of a snapshot; the next entry opens a new one when this is reached, and no entry is larger than an update. */
export const SNAPSHOT_CHUNK_BYTES = 1024 * 1024;
export const SNAPSHOT_CHUNK_BYTES_MAX = 6 * 1024 * 1024;
/** So a state has at most 4 GiB. */
export const SNAPSHOT_CHUNKS_MAX = 4_096;
/** Of one thread: while one is fetched a newer one may be taken. */
export const SNAPSHOTS_KEPT_MAX = 2;
export const SNAPSHOT_FACTS_BYTES_MAX = 256 * 1024;
export const STATE_UPDATE_BYTES_MAX = 4 * 1024 * 1024;
/** Contracts count seconds in 32 bits, so no block is later: 2106-02-07. */
export const BLOCK_TIME_MS_MAX = (2 ** 32 - 1) * 1_000;
/** A whole sealed block on the wire. */
export const BLOCK_BYTES_MAX = 7 * 1024 * 1024;
/** One frame between keepers. */
export const FRAME_BYTES_MAX = 8 * 1024 * 1024;
/** Blocks in one answer to a range request. */
export const BLOCKS_PER_RESPONSE_MAX = 200;
/** External messages forwarded in one frame. */
export const FORWARDED_MESSAGES_MAX = 2_000;

assert(
  SNAPSHOT_CHUNK_BYTES + STATE_UPDATE_BYTES_MAX < SNAPSHOT_CHUNK_BYTES_MAX,
  "a chunk has room for the entry that fills it",
);
assert(SNAPSHOT_CHUNK_BYTES_MAX < BLOCK_BYTES_MAX, "a chunk fits a frame");
assert(BLOCK_BYTES_MAX + 64 * 1024 <= FRAME_BYTES_MAX, "a block must fit a frame together with its wrapping");
