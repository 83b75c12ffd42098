import {
  type AggregatedAttestation,
  BLS_SIGNATURE_BYTES,
  readAggregatedAttestation,
  writeAggregatedAttestation,
} from "./attestation.js";
import type { ByteReader } from "./codec/byteReader.js";
import type { ByteWriter } from "./codec/byteWriter.js";
import {
  type BlockId,
  type Height,
  height,
  type SignerIndex,
  signerIndex,
  type Term,
  term,
  type ThreadId,
} from "./ids.js";
import { KEEPERS_MAX } from "./limits.js";

/** One signer's Lock inside a switch certificate: the rank and id of the highest QC that it knew. */
export interface LockClaim {
  readonly signer: SignerIndex;
  readonly qcTerm: Term;
  readonly qcHeight: Height;
  readonly qcBlockId: BlockId;
}

/**
 * Proof that a quorum left all terms below `term` (protocol S4): stands in the first block of a term above 0.
 * `qc` is null only when the parent is the thread's genesis block, which is certified without one.
 */
export interface SwitchCertificate {
  readonly threadId: ThreadId;
  readonly term: Term;
  readonly locks: readonly LockClaim[];
  readonly signature: Uint8Array;
  readonly qc: AggregatedAttestation | null;
}

const LOCK_CLAIM_BYTES = 2 + 8 + 8 + 32;

export function writeSwitchCertificate(writer: ByteWriter, value: SwitchCertificate): void {
  writer.hex(value.threadId).u64(value.term);
  writer.list(value.locks, (w, lock) => w.u16(lock.signer).u64(lock.qcTerm).u64(lock.qcHeight).hex(lock.qcBlockId));
  writer.fixed(value.signature, BLS_SIGNATURE_BYTES).option(value.qc, writeAggregatedAttestation);
}

/** Refuses Locks that are not strictly ascending by signer, so nobody counts twice; rules come later (S5). */
export function readSwitchCertificate(reader: ByteReader): SwitchCertificate {
  const threadId = reader.hex(34) as ThreadId;
  const certificateTerm = term(reader.u64());
  const locks = reader.list(KEEPERS_MAX, LOCK_CLAIM_BYTES, readLockClaim);
  for (let i = 1; i < locks.length; i++) {
    if (locks[i - 1]!.signer >= locks[i]!.signer) reader.fail("locks must be strictly ascending by signer");
  }
  const signature = reader.fixed(BLS_SIGNATURE_BYTES);
  return { threadId, term: certificateTerm, locks, signature, qc: reader.option(readAggregatedAttestation) };
}

function readLockClaim(reader: ByteReader): LockClaim {
  return {
    signer: signerIndex(reader.u16()),
    qcTerm: term(reader.u64()),
    qcHeight: height(reader.u64()),
    qcBlockId: reader.hex(32) as BlockId,
  };
}
