import { assertNever, type ByteReader, ByteWriter, type DecodeError, type Result } from "@sealwright/types";
import type { BlockHash, BlockPayloadHash, Level, Round, Slot } from "../ids.js";
import {
  decodeCopy,
  readBitset,
  readHash,
  readLevel,
  readOption,
  readRound,
  readSlot,
  readUntil,
  writeBitset,
  writeHash,
  writeOption,
} from "./fields.js";

/** What every vote names: a block's payload at a level and round. */
export interface VoteTarget {
  /** Hash of the block the operation builds on; it binds the operation to a chain and a branch. */
  readonly branch: BlockHash;
  readonly level: Level;
  readonly round: Round;
  readonly payloadHash: BlockPayloadHash;
}

/** A vote of the first phase, by the holder of a slot. */
export interface Preattestation extends VoteTarget {
  readonly kind: "preattestation";
  readonly slot: Slot;
}

/** One type with and without DAL content, as one rule guards both; null is another tag on the wire than 0n. */
export interface Attestation extends VoteTarget {
  readonly kind: "attestation";
  readonly slot: Slot;
  readonly dalAttestation: bigint | null;
}

/** Preattestations of tz4 keys for one block under one summed signature. */
export interface PreattestationsAggregate extends VoteTarget {
  readonly kind: "preattestationsAggregate";
  readonly committee: readonly Slot[];
}

/** One voter of an aggregate, with its DAL bits; null when it attests none. */
export interface AggregateMember {
  readonly slot: Slot;
  readonly dalAttestation: bigint | null;
}

/** Attestations of tz4 keys for one block under one summed signature. */
export interface AttestationsAggregate extends VoteTarget {
  readonly kind: "attestationsAggregate";
  readonly committee: readonly AggregateMember[];
}

/** What a tz4 key signs instead of a preattestation: no slot, so that all voters sign the same bytes. */
export interface BlsModePreattestation extends VoteTarget {
  readonly kind: "blsModePreattestation";
}

/** What a tz4 key signs instead of an attestation: no slot and no DAL content (see `dalAttestationWeight`). */
export interface BlsModeAttestation extends VoteTarget {
  readonly kind: "blsModeAttestation";
}

/** Reveals the nonce that a block of an earlier cycle committed to. */
export interface SeedNonceRevelation {
  readonly kind: "seedNonceRevelation";
  readonly branch: BlockHash;
  readonly level: Level;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
}

/** Operations that blocks carry. */
export type Operation =
  Preattestation | Attestation | PreattestationsAggregate | AttestationsAggregate | SeedNonceRevelation;
/** Forms that are signed and never carried. */
export type BlsModeOperation = BlsModePreattestation | BlsModeAttestation;

const TAG = {
  seedNonceRevelation: 0x01,
  preattestation: 0x14,
  attestation: 0x15,
  attestationWithDal: 0x17,
  preattestationsAggregate: 0x1e,
  attestationsAggregate: 0x1f,
  blsModePreattestation: 0x28,
  blsModeAttestation: 0x29,
} as const;

/** Tags of consensus operations: they have watermarks of their own and are never signed as something else. */
export const CONSENSUS_TAGS: readonly number[] = Object.values(TAG).filter((tag) => tag !== TAG.seedNonceRevelation);

/** Slots are u16, and each delegate takes part with one of them. */
export const COMMITTEE_MEMBERS_MAX = 0x1_0000;
const SLOT_BYTES = 2;
const NONCE_BYTES = 32;
/** The largest operation of these kinds without its signature; a real aggregate has a few hundred members. */
export const OPERATION_BYTES_MAX = 1024 * 1024;

/** Branch, tag, content. */
export function encodeOperation(operation: Operation | BlsModeOperation): Uint8Array {
  const writer = new ByteWriter();
  writeOperation(writer, operation);
  return writer.finish();
}

/** Strict: every other byte string than `encodeOperation` writes is refused. The result shares no memory with `bytes`. */
export function decodeOperation(bytes: Uint8Array): Result<Operation | BlsModeOperation, DecodeError> {
  return decodeCopy(bytes, OPERATION_BYTES_MAX, readOperation);
}

export function writeOperation(writer: ByteWriter, operation: Operation | BlsModeOperation): void {
  writeHash(writer, operation.branch);
  switch (operation.kind) {
    case "preattestation":
      writer.u8(TAG.preattestation).u16(operation.slot);
      return writeTarget(writer, operation);
    case "attestation":
      writer.u8(operation.dalAttestation === null ? TAG.attestation : TAG.attestationWithDal).u16(operation.slot);
      writeTarget(writer, operation);
      if (operation.dalAttestation !== null) writeBitset(writer, operation.dalAttestation);
      return;
    case "preattestationsAggregate":
      writer.u8(TAG.preattestationsAggregate);
      writeTarget(writer, operation);
      writer.u32(operation.committee.length * SLOT_BYTES);
      for (const slot of operation.committee) writer.u16(slot);
      return;
    case "attestationsAggregate":
      writer.u8(TAG.attestationsAggregate);
      writeTarget(writer, operation);
      writer.bytes(encodeMembers(operation.committee));
      return;
    case "blsModePreattestation":
      writer.u8(TAG.blsModePreattestation);
      return writeTarget(writer, operation);
    case "blsModeAttestation":
      writer.u8(TAG.blsModeAttestation);
      return writeTarget(writer, operation);
    case "seedNonceRevelation":
      writer.u8(TAG.seedNonceRevelation).u32(operation.level).fixed(operation.nonce, NONCE_BYTES);
      return;
    default:
      return assertNever(operation);
  }
}

export function readOperation(reader: ByteReader): Operation | BlsModeOperation {
  const branch = readHash(reader, "blockHash");
  const tag = reader.u8();
  switch (tag) {
    case TAG.preattestation:
      return { kind: "preattestation", slot: readSlot(reader), ...readTarget(reader, branch) };
    case TAG.attestation:
      return { kind: "attestation", slot: readSlot(reader), ...readTarget(reader, branch), dalAttestation: null };
    case TAG.attestationWithDal: {
      const slotAndTarget = { slot: readSlot(reader), ...readTarget(reader, branch) };
      return { kind: "attestation", ...slotAndTarget, dalAttestation: readBitset(reader) };
    }
    case TAG.preattestationsAggregate: {
      const target = readTarget(reader, branch);
      return { kind: "preattestationsAggregate", ...target, committee: readCommittee(reader, readSlot) };
    }
    case TAG.attestationsAggregate: {
      const target = readTarget(reader, branch);
      return { kind: "attestationsAggregate", ...target, committee: readCommittee(reader, readMember) };
    }
    case TAG.blsModePreattestation:
      return { kind: "blsModePreattestation", ...readTarget(reader, branch) };
    case TAG.blsModeAttestation:
      return { kind: "blsModeAttestation", ...readTarget(reader, branch) };
    case TAG.seedNonceRevelation: {
      const level = readLevel(reader);
      return { kind: "seedNonceRevelation", branch, level, nonce: reader.fixed(NONCE_BYTES) };
    }
    default:
      return reader.fail(`unknown operation tag ${tag}`);
  }
}

function writeTarget(writer: ByteWriter, target: VoteTarget): void {
  writer.u32(target.level).u32(target.round);
  writeHash(writer, target.payloadHash);
}

function readTarget(reader: ByteReader, branch: BlockHash): VoteTarget {
  const level = readLevel(reader);
  const round = readRound(reader);
  return { branch, level, round, payloadHash: readHash(reader, "blockPayloadHash") };
}

function encodeMembers(members: readonly AggregateMember[]): Uint8Array {
  const writer = new ByteWriter();
  for (const member of members) {
    writer.u16(member.slot);
    writeOption(writer, member.dalAttestation, (bitset) => writeBitset(writer, bitset));
  }
  return writer.finish();
}

function readMember(reader: ByteReader): AggregateMember {
  return { slot: readSlot(reader), dalAttestation: readOption(reader, readBitset) };
}

function readCommittee<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const members = readUntil(reader, reader.u32(), read);
  if (members.length > COMMITTEE_MEMBERS_MAX) reader.fail(`${members.length} committee members`);
  return members;
}
