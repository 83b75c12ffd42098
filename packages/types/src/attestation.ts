import type { ByteReader } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import type { BlockId, EnvelopeHash, Height, SignerIndex, Term, ThreadId } from "./ids.js";
import { height, signerIndex, term } from "./ids.js";
import { KEEPERS_MAX } from "./limits.js";

/** A point of G2, compressed. */
export const BLS_SIGNATURE_BYTES = 96;
/** A point of G1, compressed. */
export const BLS_PUBLIC_KEY_BYTES = 48;

/** Primary while the block is young; Fallback for an ancestor that passed its deadline with a majority but no quorum. */
export type AttestationTarget = "primary" | "fallback";

/** What a BK promises about a block (protocol §3): the bytes that it signs. */
export interface Attestation {
  readonly threadId: ThreadId;
  readonly term: Term;
  readonly height: Height;
  readonly blockId: BlockId;
  readonly envelopeHash: EnvelopeHash;
  readonly target: AttestationTarget;
}

/** One BK's vote, on its way to the producer. */
export interface SignedAttestation {
  readonly attestation: Attestation;
  readonly signer: SignerIndex;
  readonly signature: Uint8Array;
}

/**
 * Distinct BKs' signatures of the same attestation, added up. With a quorum of signers it is a certificate (QC).
 * `signers` is strictly ascending, so no BK can stand in it twice.
 */
export interface AggregatedAttestation {
  readonly attestation: Attestation;
  readonly signers: readonly SignerIndex[];
  readonly signature: Uint8Array;
}

/** Every attestation has this length, so all of them can be signed in one place of memory. */
export const ATTESTATION_BYTES = 34 + 8 + 8 + 32 + 32 + 1;

export function writeAttestation(writer: ByteWriter, value: Attestation): void {
  writer.hex(value.threadId).u64(value.term).u64(value.height).hex(value.blockId).hex(value.envelopeHash);
  writer.u8(value.target === "primary" ? 0 : 1);
}

export function readAttestation(reader: ByteReader): Attestation {
  return {
    threadId: reader.hex(34) as ThreadId,
    term: term(reader.u64()),
    height: height(reader.u64()),
    blockId: reader.hex(32) as BlockId,
    envelopeHash: reader.hex(32) as EnvelopeHash,
    target: reader.bool() ? "fallback" : "primary",
  };
}

/** The part that is signed, without its domain: see `attestationSigningBytes`. */
export function encodeAttestation(value: Attestation): Uint8Array {
  const writer = new ByteWriter(ATTESTATION_BYTES);
  writeAttestation(writer, value);
  return writer.finish();
}

/** Attestation, signer, signature: 213 bytes. */
export function writeSignedAttestation(writer: ByteWriter, value: SignedAttestation): void {
  writeAttestation(writer, value.attestation);
  writer.u16(value.signer).fixed(value.signature, BLS_SIGNATURE_BYTES);
}

export function readSignedAttestation(reader: ByteReader): SignedAttestation {
  return {
    attestation: readAttestation(reader),
    signer: signerIndex(reader.u16()),
    signature: reader.fixed(BLS_SIGNATURE_BYTES),
  };
}

export function writeAggregatedAttestation(writer: ByteWriter, value: AggregatedAttestation): void {
  writeAttestation(writer, value.attestation);
  writeSigners(writer, value.signers);
  writer.fixed(value.signature, BLS_SIGNATURE_BYTES);
}

export function readAggregatedAttestation(reader: ByteReader): AggregatedAttestation {
  return {
    attestation: readAttestation(reader),
    signers: readSigners(reader),
    signature: reader.fixed(BLS_SIGNATURE_BYTES),
  };
}

/** For a certificate in the store, and the leaf in a block's root of attestations. */
export function encodeAggregatedAttestation(value: AggregatedAttestation): Uint8Array {
  const writer = new ByteWriter(ATTESTATION_BYTES + BLS_SIGNATURE_BYTES + 64);
  writeAggregatedAttestation(writer, value);
  return writer.finish();
}

/** @param signers strictly ascending, or nobody can read them */
export function writeSigners(writer: ByteWriter, signers: readonly SignerIndex[]): void {
  writer.list(signers, (w, signer) => w.u16(signer));
}

/** Refuses an empty, unsorted or repeating list: a signer counts once or the whole list counts for nothing. */
export function readSigners(reader: ByteReader): SignerIndex[] {
  const signers = reader.list(KEEPERS_MAX, 2, (r) => signerIndex(r.u16()));
  if (signers.length === 0) reader.fail("no signers");
  for (let i = 1; i < signers.length; i++) {
    if (signers[i - 1]! >= signers[i]!) reader.fail("signers must be strictly ascending");
  }
  return signers;
}
