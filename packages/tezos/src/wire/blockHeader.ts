import { type ByteReader, ByteWriter, type DecodeError, type Result } from "@sealwright/types";
import type {
  BlockHash,
  BlockPayloadHash,
  ContextHash,
  Level,
  NonceHash,
  OperationListListHash,
  Round,
} from "../ids.js";
import {
  readPlainSignature,
  type Signature,
  SIGNATURE_TAIL_BYTES_MAX,
  writePlainSignature,
} from "../keys/signature.js";
import { decodeCopy, readHash, readLevel, readOption, readRound, readUntil, writeHash, writeOption } from "./fields.js";
import { FITNESS_BYTES_MAX } from "./fitness.js";

/** A baker's answer to a question that every block asks. */
export type BlockVote = "on" | "off" | "pass";

/** The per-block votes in a header's last byte. */
export interface BlockVotes {
  readonly liquidityBaking: BlockVote;
  /** The question of bits 2 and 3, which older protocols asked; "on" (zero bits) where there is only one. */
  readonly second: BlockVote;
}

/** A block header without its signature: shell part and protocol part. */
export interface BlockHeader {
  readonly level: Level;
  /** How often the protocol has changed, 0..255. */
  readonly proto: number;
  readonly predecessor: BlockHash;
  /** Seconds since 1970, 64 bits signed. */
  readonly timestampSeconds: bigint;
  readonly validationPass: number;
  readonly operationsHash: OperationListListHash;
  /** The raw list: older blocks hold other forms than `parseFitness` reads. */
  readonly fitness: readonly Uint8Array[];
  /** Context that results from the predecessor. */
  readonly context: ContextHash;
  readonly payloadHash: BlockPayloadHash;
  /** Round in which the payload was first proposed: not the block's round, which the fitness holds. */
  readonly payloadRound: Round;
  /** 8 bytes. */
  readonly proofOfWorkNonce: Uint8Array;
  /** Present only at the levels that expect a commitment. */
  readonly seedNonceHash: NonceHash | null;
  readonly votes: BlockVotes;
}

/** `signature` is null for 64 zero bytes, as before signing and under the proof-of-work hash. */
export interface SignedBlockHeader {
  readonly header: BlockHeader;
  readonly signature: Signature | null;
}

export const PROOF_OF_WORK_NONCE_BYTES = 8;
const FIXED_BYTES = 4 + 1 + 32 + 8 + 1 + 32 + 4 + 32 + 32 + 4 + PROOF_OF_WORK_NONCE_BYTES + 33 + 1;
/** Of an unsigned header with the longest fitness and a seed nonce hash. */
export const BLOCK_HEADER_BYTES_MAX = FIXED_BYTES + FITNESS_BYTES_MAX;
const VOTES: readonly BlockVote[] = ["on", "off", "pass"];

/** The unsigned form: what is signed behind watermark byte and chain id. */
export function encodeBlockHeader(header: BlockHeader): Uint8Array {
  const writer = new ByteWriter();
  writeBlockHeader(writer, header);
  return writer.finish();
}

/** Strict: every other byte string than `encodeBlockHeader` writes is refused. The result shares no memory with `bytes`. */
export function decodeBlockHeader(bytes: Uint8Array): Result<BlockHeader, DecodeError> {
  return decodeCopy(bytes, BLOCK_HEADER_BYTES_MAX, readBlockHeader);
}

/** Header, then the signature without any prefix. */
export function encodeSignedBlockHeader(signed: SignedBlockHeader): Uint8Array {
  const writer = new ByteWriter();
  writeBlockHeader(writer, signed.header);
  writePlainSignature(writer, signed.signature);
  return writer.finish();
}

/** Strict. The rest of the bytes is the signature; one of 64 bytes comes back as "generic". */
export function decodeSignedBlockHeader(bytes: Uint8Array): Result<SignedBlockHeader, DecodeError> {
  return decodeCopy(bytes, BLOCK_HEADER_BYTES_MAX + SIGNATURE_TAIL_BYTES_MAX, (reader) => ({
    header: readBlockHeader(reader),
    signature: readPlainSignature(reader),
  }));
}

export function writeBlockHeader(writer: ByteWriter, header: BlockHeader): void {
  writer.u32(header.level).u8(header.proto);
  writeHash(writer, header.predecessor);
  writer.u64(BigInt.asUintN(64, header.timestampSeconds)).u8(header.validationPass);
  writeHash(writer, header.operationsHash);
  writer.bytes(encodeFitness(header.fitness));
  writeHash(writer, header.context);
  writeHash(writer, header.payloadHash);
  writer.u32(header.payloadRound).fixed(header.proofOfWorkNonce, PROOF_OF_WORK_NONCE_BYTES);
  writeOption(writer, header.seedNonceHash, (hash) => writeHash(writer, hash));
  writer.u8(VOTES.indexOf(header.votes.liquidityBaking) | (VOTES.indexOf(header.votes.second) << 2));
}

export function readBlockHeader(reader: ByteReader): BlockHeader {
  return {
    level: readLevel(reader),
    proto: reader.u8(),
    predecessor: readHash(reader, "blockHash"),
    timestampSeconds: BigInt.asIntN(64, reader.u64()),
    validationPass: reader.u8(),
    operationsHash: readHash(reader, "operationListListHash"),
    fitness: readFitness(reader),
    context: readHash(reader, "contextHash"),
    payloadHash: readHash(reader, "blockPayloadHash"),
    payloadRound: readRound(reader),
    proofOfWorkNonce: reader.fixed(PROOF_OF_WORK_NONCE_BYTES),
    seedNonceHash: readOption(reader, (inner) => readHash(inner, "nonceHash")),
    votes: readVotes(reader),
  };
}

function encodeFitness(elements: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(64);
  for (const element of elements) writer.bytes(element);
  return writer.finish();
}

function readFitness(reader: ByteReader): Uint8Array[] {
  const lengthBytes = reader.u32();
  if (lengthBytes > FITNESS_BYTES_MAX) reader.fail(`a fitness of ${lengthBytes} bytes`);
  return readUntil(reader, lengthBytes, (inner) => inner.bytes(FITNESS_BYTES_MAX));
}

function readVotes(reader: ByteReader): BlockVotes {
  const byte = reader.u8();
  const liquidityBaking = VOTES[byte & 3];
  const second = VOTES[byte >> 2];
  if (liquidityBaking === undefined || second === undefined) return reader.fail("unknown per-block votes");
  return { liquidityBaking, second };
}
