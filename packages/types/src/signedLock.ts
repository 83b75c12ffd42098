import {
  type AggregatedAttestation,
  BLS_SIGNATURE_BYTES,
  readAggregatedAttestation,
  readSignedAttestation,
  type SignedAttestation,
  writeAggregatedAttestation,
  writeSignedAttestation,
} from "./attestation.js";
import type { ByteReader } from "./codec/byteReader.js";
import type { ByteWriter } from "./codec/byteWriter.js";
import { type SignerIndex, signerIndex, type Term, term, type ThreadId } from "./ids.js";
import { LOCK_ATTESTATIONS_MAX } from "./limits.js";

/**
 * A BK's promise to attest nothing below `term` any more (protocol S2). Signed is the term with rank and id of `qc`; the
 * whole certificate and the sender's own attestations above it travel along, because they prove themselves.
 */
export interface SignedLock {
  readonly threadId: ThreadId;
  readonly term: Term;
  readonly signer: SignerIndex;
  /** The highest certificate that the sender knows; null while only the genesis block is certified. */
  readonly qc: AggregatedAttestation | null;
  /** The sender's own, of blocks above `qc`; with those of others they may complete a higher certificate. */
  readonly attestations: readonly SignedAttestation[];
  readonly signature: Uint8Array;
}

export function writeSignedLock(writer: ByteWriter, lock: SignedLock): void {
  writer.hex(lock.threadId).u64(lock.term).u16(lock.signer).option(lock.qc, writeAggregatedAttestation);
  writer.list(lock.attestations, writeSignedAttestation).fixed(lock.signature, BLS_SIGNATURE_BYTES);
}

export function readSignedLock(reader: ByteReader): SignedLock {
  return {
    threadId: reader.hex(34) as ThreadId,
    term: term(reader.u64()),
    signer: signerIndex(reader.u16()),
    qc: reader.option(readAggregatedAttestation),
    attestations: reader.list(LOCK_ATTESTATIONS_MAX, SIGNED_ATTESTATION_BYTES, readSignedAttestation),
    signature: reader.fixed(BLS_SIGNATURE_BYTES),
  };
}

const SIGNED_ATTESTATION_BYTES = 115 + 2 + BLS_SIGNATURE_BYTES;
