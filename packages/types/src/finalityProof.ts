import { type AggregatedAttestation, readAggregatedAttestation, writeAggregatedAttestation } from "./attestation.js";
import { type BlockHeader, HEADER_BYTES, readBlockHeader, writeBlockHeader } from "./blockHeader.js";
import { type ByteReader, decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { HASH_BYTES } from "./hash.js";
import { ATTESTATIONS_PER_BLOCK_MAX, PROOF_HEADERS_MAX } from "./limits.js";
import type { InclusionProof } from "./merkle.js";
import type { Result } from "./result.js";

/**
 * Proof that a block is final, checked with nothing but the BK set (protocol F1, F2).
 *
 * `headers` is one chain, ascending: first the block in question, last `k`. `carried` is QC(b) for a block b of that
 * chain; it stands in the attestations of `headers[carrierIndex]`, a proper descendant of b, and `certificate` is QC(k),
 * of the same term.
 */
export interface FinalityProof {
  readonly headers: readonly BlockHeader[];
  readonly carrierIndex: number;
  readonly carried: AggregatedAttestation;
  readonly carriedPath: InclusionProof;
  readonly certificate: AggregatedAttestation;
}

export function writeFinalityProof(writer: ByteWriter, proof: FinalityProof): void {
  writer.list(proof.headers, writeBlockHeader).u16(proof.carrierIndex);
  writeAggregatedAttestation(writer, proof.carried);
  writeInclusionProof(writer, proof.carriedPath);
  writeAggregatedAttestation(writer, proof.certificate);
}

export function readFinalityProof(reader: ByteReader): FinalityProof {
  return {
    headers: reader.list(PROOF_HEADERS_MAX, HEADER_BYTES, readBlockHeader),
    carrierIndex: reader.u16(),
    carried: readAggregatedAttestation(reader),
    carriedPath: readInclusionProof(reader, ATTESTATIONS_PER_BLOCK_MAX),
    certificate: readAggregatedAttestation(reader),
  };
}

export function encodeFinalityProof(proof: FinalityProof): Uint8Array {
  const writer = new ByteWriter(4_096);
  writeFinalityProof(writer, proof);
  return writer.finish();
}

/** Checks form only, for any bytes: `checkFinalityProof` of `@sealwright/consensus` says what it proves. */
export function decodeFinalityProof(bytes: Uint8Array): Result<FinalityProof, DecodeError> {
  return decode(bytes, readFinalityProof);
}

export function writeInclusionProof(writer: ByteWriter, proof: InclusionProof): void {
  writer.u32(proof.index).u32(proof.count);
  writer.list(proof.siblings, (w, sibling) => w.fixed(sibling, HASH_BYTES));
}

const PATH_LENGTH_MAX = 32;

/** @param countMax items that such a list has at most; a proof of a longer one is refused */
export function readInclusionProof(reader: ByteReader, countMax: number): InclusionProof {
  const index = reader.u32();
  const count = reader.u32();
  if (count > countMax || index >= count) reader.fail("inclusion proof outside its list");
  return { index, count, siblings: reader.list(PATH_LENGTH_MAX, HASH_BYTES, (r) => r.fixed(HASH_BYTES)) };
}
