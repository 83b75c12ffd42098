import { type Attestation, writeAttestation } from "./attestation.js";
import { ByteWriter } from "./codec/byteWriter.js";
import type { BlockId, Height, NetworkId, Round, Term, ThreadId } from "./ids.js";
import { type BlockVerdict, writeVerdict } from "./verdict.js";

/**
 * All signed bytes start with a domain: what is signed (4 bytes) and for which network (32 bytes). So a signature
 * never counts as another kind of message or on another network.
 */
export const SIGNING_KIND = {
  block: "BLK1",
  attestation: "ATT1",
  lock: "LCK1",
  suspect: "SUS1",
  yield: "YLD1",
  ack: "ACK1",
  nack: "NAK1",
  verifierTicket: "TKT1",
} as const;
/** What a signature is for. */
export type SigningKind = keyof typeof SIGNING_KIND;

/** What a producer signs: the id, and beside it the place that a watermark guards. */
export interface BlockClaim {
  readonly threadId: ThreadId;
  readonly term: Term;
  readonly height: Height;
  readonly round: Round;
  readonly blockId: BlockId;
}

/** What a Lock signs (protocol S2). */
export interface LockPayload {
  readonly threadId: ThreadId;
  readonly term: Term;
  readonly qcTerm: Term;
  readonly qcHeight: Height;
  readonly qcBlockId: BlockId;
}

/** A producer signs these when it seals; kind "BLK1". */
export function blockSigningBytes(networkId: NetworkId, claim: BlockClaim): Uint8Array {
  const writer = domain("block", networkId);
  return writer.hex(claim.threadId).u64(claim.term).u64(claim.height).u64(claim.round).hex(claim.blockId).finish();
}

/** A vote signs these (protocol §3), either target; signatures of equal bytes can be added up. Kind "ATT1". */
export function attestationSigningBytes(networkId: NetworkId, attestation: Attestation): Uint8Array {
  const writer = domain("attestation", networkId);
  writeAttestation(writer, attestation);
  return writer.finish();
}

/** A Lock signs these (S2), whatever attestations travel with it; kind "LCK1". */
export function lockSigningBytes(networkId: NetworkId, lock: LockPayload): Uint8Array {
  const writer = domain("lock", networkId);
  return writer.hex(lock.threadId).u64(lock.term).u64(lock.qcTerm).u64(lock.qcHeight).hex(lock.qcBlockId).finish();
}

/** An Ack signs these (§7), without its ticket; kind "ACK1". */
export function ackSigningBytes(networkId: NetworkId, verdict: BlockVerdict): Uint8Array {
  const writer = domain("ack", networkId);
  writeVerdict(writer, verdict);
  return writer.finish();
}

/** A Nack signs these (§7), without its ticket; kind "NAK1". @param reason of `NACK_REASON`, one byte */
export function nackSigningBytes(networkId: NetworkId, verdict: BlockVerdict, reason: number): Uint8Array {
  const writer = domain("nack", networkId);
  writeVerdict(writer, verdict);
  return writer.u8(reason).finish();
}

/** A lottery ticket's message: nothing but the block, so each key has exactly one ticket for it (protocol §7). */
export function ticketSigningBytes(networkId: NetworkId, blockId: BlockId): Uint8Array {
  return domain("verifierTicket", networkId).hex(blockId).finish();
}

/** For kinds whose payload has an encoding of its own. */
export function signingBytes(kind: SigningKind, networkId: NetworkId, payload: Uint8Array): Uint8Array {
  return domain(kind, networkId).fixed(payload, payload.length).finish();
}

const KIND_NUMBER = Object.fromEntries(
  Object.entries(SIGNING_KIND).map(([kind, text]) => [kind, Buffer.from(text, "ascii").readUInt32BE(0)]),
) as Record<SigningKind, number>;

function domain(kind: SigningKind, networkId: NetworkId): ByteWriter {
  return new ByteWriter(192).u32(KIND_NUMBER[kind]).hex(networkId);
}
