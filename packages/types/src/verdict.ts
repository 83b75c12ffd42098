import { BLS_SIGNATURE_BYTES } from "./attestation.js";
import type { ByteReader } from "./codec/byteReader.js";
import type { ByteWriter } from "./codec/byteWriter.js";
import { type BlockId, type EnvelopeHash, type SignerIndex, signerIndex, type ThreadId } from "./ids.js";

/** Which block a verdict is about, in which copy. */
export interface BlockVerdict {
  readonly threadId: ThreadId;
  readonly blockId: BlockId;
  readonly envelopeHash: EnvelopeHash;
}

/** A verifier's word that its own execution agrees with a block (protocol §7). It has no effect; it can be shown. */
export interface SignedAck {
  readonly verdict: BlockVerdict;
  readonly signer: SignerIndex;
  /** What made the signer a verifier; null where every keeper is one. */
  readonly ticket: Uint8Array | null;
  readonly signature: Uint8Array;
}

/** A BK's word that a block is bad (protocol §7). It condemns nothing: whoever hears it executes the block again. */
export interface SignedNack {
  readonly verdict: BlockVerdict;
  readonly signer: SignerIndex;
  /** One byte, one of `NACK_REASON`; others may come with later versions. */
  readonly reason: number;
  /** What made the signer a verifier; null where every keeper is one. */
  readonly ticket: Uint8Array | null;
  readonly signature: Uint8Array;
}

/** Why a block is bad, as a Nack says it in one byte. */
export const NACK_REASON = {
  /** The signer's own execution gives another result. */
  execution: 1,
} as const;

export function writeSignedAck(writer: ByteWriter, ack: SignedAck): void {
  writeVerdict(writer, ack.verdict);
  writer.u16(ack.signer).option(ack.ticket, writeSignature).fixed(ack.signature, BLS_SIGNATURE_BYTES);
}

export function readSignedAck(reader: ByteReader): SignedAck {
  return {
    verdict: readVerdict(reader),
    signer: signerIndex(reader.u16()),
    ticket: reader.option(readSignature),
    signature: readSignature(reader),
  };
}

export function writeSignedNack(writer: ByteWriter, nack: SignedNack): void {
  writeVerdict(writer, nack.verdict);
  writer.u16(nack.signer).u8(nack.reason).option(nack.ticket, writeSignature);
  writer.fixed(nack.signature, BLS_SIGNATURE_BYTES);
}

export function readSignedNack(reader: ByteReader): SignedNack {
  return {
    verdict: readVerdict(reader),
    signer: signerIndex(reader.u16()),
    reason: reader.u8(),
    ticket: reader.option(readSignature),
    signature: readSignature(reader),
  };
}

/** The part that is signed, after the domain. */
export function writeVerdict(writer: ByteWriter, { threadId, blockId, envelopeHash }: BlockVerdict): void {
  writer.hex(threadId).hex(blockId).hex(envelopeHash);
}

function readVerdict(reader: ByteReader): BlockVerdict {
  return {
    threadId: reader.hex(34) as ThreadId,
    blockId: reader.hex(32) as BlockId,
    envelopeHash: reader.hex(32) as EnvelopeHash,
  };
}

function writeSignature(writer: ByteWriter, signature: Uint8Array): void {
  writer.fixed(signature, BLS_SIGNATURE_BYTES);
}

function readSignature(reader: ByteReader): Uint8Array {
  return reader.fixed(BLS_SIGNATURE_BYTES);
}
