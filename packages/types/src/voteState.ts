import { type AggregatedAttestation, readAggregatedAttestation, writeAggregatedAttestation } from "./attestation.js";
import { decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { type BlockId, type Height, height, type Term, term } from "./ids.js";
import type { Result } from "./result.js";

/** A block's place in the order that votes follow, and its id. */
export interface RankedBlock {
  readonly term: Term;
  readonly height: Height;
  readonly blockId: BlockId;
}

/**
 * What a keeper must remember of its votes in one thread before any of them leaves (protocol §3, §9).
 * `highestQc` is null only while nothing but the genesis block is certified.
 */
export interface VoteState {
  readonly currentTerm: Term;
  readonly lastVoted: RankedBlock | null;
  readonly highestQc: AggregatedAttestation | null;
}

/** As the store keeps it. */
export function encodeVoteState(state: VoteState): Uint8Array {
  const writer = new ByteWriter().u64(state.currentTerm);
  writer.option(state.lastVoted, (w, voted) => w.u64(voted.term).u64(voted.height).hex(voted.blockId));
  return writer.option(state.highestQc, writeAggregatedAttestation).finish();
}

/** Of what `encodeVoteState` wrote; an error means that the store is damaged. */
export function decodeVoteState(bytes: Uint8Array): Result<VoteState, DecodeError> {
  return decode(bytes, (reader) => ({
    currentTerm: term(reader.u64()),
    lastVoted: reader.option((r) => ({
      term: term(r.u64()),
      height: height(r.u64()),
      blockId: r.hex(32) as BlockId,
    })),
    highestQc: reader.option(readAggregatedAttestation),
  }));
}
