import { assertNever, ByteWriter, type DecodeError, err, ok, type Result } from "@sealwright/types";
import { blake2b256 } from "../hashes/blake2b.js";
import type { BlockHash, ChainId, Level, Round } from "../ids.js";
import { type PublicKeyHash, writePublicKeyHash } from "../keys/publicKeyHash.js";
import type { SignatureScheme } from "../keys/schemes.js";
import { payload } from "../text/text.js";
import { BLOCK_HEADER_BYTES_MAX, type BlockHeader, readBlockHeader, writeBlockHeader } from "../wire/blockHeader.js";
import { decodeCopy, readHash, writeHash } from "../wire/fields.js";
import { type Fitness, type FitnessError, parseFitness } from "../wire/fitness.js";
import {
  type Attestation,
  type BlsModeAttestation,
  type BlsModePreattestation,
  CONSENSUS_TAGS,
  type Preattestation,
  readOperation,
  writeOperation,
} from "../wire/operation.js";

/** An operation of any other kind: the branch is read, the contents are the caller's business. */
export interface OpaqueOperation {
  readonly branch: BlockHash;
  /** From the first tag on, at least that byte. */
  readonly contents: Uint8Array;
}

/** What a key is asked to sign. Votes come in the form of the key: with a slot, or for tz4 in BLS mode. */
export type SigningPayload =
  | { readonly type: "block"; readonly chainId: ChainId; readonly header: BlockHeader }
  | {
      readonly type: "preattestation";
      readonly chainId: ChainId;
      readonly operation: Preattestation | BlsModePreattestation;
    }
  | { readonly type: "attestation"; readonly chainId: ChainId; readonly operation: Attestation | BlsModeAttestation }
  | { readonly type: "operation"; readonly operation: OpaqueOperation };

/** A payload with what a watermark compares. A block's round is the one of its fitness, never the payload round. */
export type DecodedSigningPayload =
  | (Extract<SigningPayload, { readonly type: "block" }> & {
      readonly level: Level;
      readonly round: Round;
      readonly fitness: Fitness;
    })
  | (Extract<SigningPayload, { readonly type: "preattestation" | "attestation" }> & {
      readonly level: Level;
      readonly round: Round;
    })
  | Extract<SigningPayload, { readonly type: "operation" }>;

/** Why bytes must not be signed. */
export type SigningPayloadError =
  | DecodeError
  | FitnessError
  | { readonly code: "empty" }
  /** No first byte of ours: the legacy ones, remote-signer authentication and packed data are among them. */
  | { readonly code: "unknownWatermark"; readonly watermark: number }
  /** A well-formed operation behind the watermark of another kind. */
  | { readonly code: "watermarkMismatch"; readonly watermark: number; readonly kind: string }
  | { readonly code: "fitnessLevelMismatch"; readonly level: Level; readonly fitnessLevel: Level }
  | { readonly code: "payloadRoundAboveRound"; readonly payloadRound: Round; readonly round: Round };

/** First byte of everything that is signed: a signature of one kind can never pass for another kind. */
export const WATERMARK = {
  operation: 0x03,
  authentication: 0x04,
  block: 0x11,
  preattestation: 0x12,
  attestation: 0x13,
} as const;

const CHAIN_ID_BYTES = 4;
const SIGN_REQUEST = 0x01;
/** Operations beyond 32 KiB are above the protocol's own limit for one operation. */
export const OPAQUE_OPERATION_BYTES_MAX = 64 * 1024;
const VOTE_PAYLOAD_BYTES_MAX = 1024;

/** Watermark, chain id (not for "operation": its branch binds the chain), unsigned bytes. */
export function encodeSigningPayload(request: SigningPayload): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(WATERMARK[request.type]);
  switch (request.type) {
    case "block":
      writer.fixed(request.chainId, CHAIN_ID_BYTES);
      writeBlockHeader(writer, request.header);
      break;
    case "preattestation":
    case "attestation":
      writer.fixed(request.chainId, CHAIN_ID_BYTES);
      writeOperation(writer, request.operation);
      break;
    case "operation":
      writeHash(writer, request.operation.branch);
      writer.fixed(request.operation.contents, request.operation.contents.length);
      break;
    default:
      return assertNever(request);
  }
  return writer.finish();
}

/**
 * Reads what a signer was asked to sign. Strict: every accepted payload encodes to exactly the same bytes again, has a
 * level and round that are not negative, and is of the kind that its watermark says.
 */
export function decodeSigningPayload(bytes: Uint8Array): Result<DecodedSigningPayload, SigningPayloadError> {
  const watermark = bytes[0];
  switch (watermark) {
    case undefined:
      return err({ code: "empty" });
    case WATERMARK.block:
      return decodeBlock(bytes);
    case WATERMARK.preattestation:
    case WATERMARK.attestation:
      return decodeVote(bytes);
    case WATERMARK.operation:
      return decodeOpaque(bytes);
    default:
      return err({ code: "unknownWatermark", watermark });
  }
}

/** The vote as a key of this scheme signs it: tz4 keys drop slot and DAL content, all others sign the vote itself. */
export function voteSigningPayload(
  scheme: SignatureScheme,
  chainId: ChainId,
  vote: Preattestation | Attestation,
): SigningPayload {
  const bls = scheme === "bls";
  if (vote.kind === "preattestation") {
    return { type: "preattestation", chainId, operation: bls ? blsModePreattestation(vote) : vote };
  }
  return { type: "attestation", chainId, operation: bls ? blsModeAttestation(vote) : vote };
}

/** Whether a key of this scheme may sign the payload. A tz4 key that signs a vote with a slot signs what no block can use. */
export function schemeSigns(scheme: SignatureScheme, request: SigningPayload): boolean {
  switch (request.type) {
    case "block":
    case "operation":
      return true;
    case "preattestation":
      return (scheme === "bls") === (request.operation.kind === "blsModePreattestation");
    case "attestation":
      return (scheme === "bls") === (request.operation.kind === "blsModeAttestation");
    default:
      return assertNever(request);
  }
}

/** blake2b-256 of the whole payload: what every scheme but BLS signs, and what signers log and compare. */
export function signingDigest(payloadBytes: Uint8Array): Uint8Array {
  return blake2b256(payloadBytes);
}

/** What a tz4 key signs of a preattestation: no slot, so that votes of one block can be summed. */
export function blsModePreattestation(vote: Preattestation): BlsModePreattestation {
  const { branch, level, round, payloadHash } = vote;
  return { kind: "blsModePreattestation", branch, level, round, payloadHash };
}

/** What a tz4 key signs of an attestation: no slot, no DAL content, so that votes of one block can be summed. */
export function blsModeAttestation(vote: Attestation): BlsModeAttestation {
  const { branch, level, round, payloadHash } = vote;
  return { kind: "blsModeAttestation", branch, level, round, payloadHash };
}

/**
 * What a client signs to prove to a remote signer who asks, for one request to sign `data` with `key`. It covers no time
 * and no counter: whoever sees the signature can send the request again.
 */
export function encodeAuthenticationPayload(key: PublicKeyHash, data: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(WATERMARK.authentication).u8(SIGN_REQUEST);
  writePublicKeyHash(writer, key);
  return writer.fixed(data, data.length).finish();
}

function decodeBlock(bytes: Uint8Array): Result<DecodedSigningPayload, SigningPayloadError> {
  const decoded = decodeCopy(bytes, 1 + CHAIN_ID_BYTES + BLOCK_HEADER_BYTES_MAX, (reader) => {
    reader.u8();
    return { chainId: payload("chainId", reader.fixed(CHAIN_ID_BYTES)), header: readBlockHeader(reader) };
  });
  if (!decoded.ok) return decoded;
  const { chainId, header } = decoded.value;
  const fitness = parseFitness(header.fitness);
  if (!fitness.ok) return fitness;
  const { level, round } = fitness.value;
  if (level !== header.level) return err({ code: "fitnessLevelMismatch", level: header.level, fitnessLevel: level });
  if (header.payloadRound > round) {
    return err({ code: "payloadRoundAboveRound", payloadRound: header.payloadRound, round });
  }
  return ok({ type: "block", chainId, header, level, round, fitness: fitness.value });
}

function decodeVote(bytes: Uint8Array): Result<DecodedSigningPayload, SigningPayloadError> {
  const decoded = decodeCopy(bytes, VOTE_PAYLOAD_BYTES_MAX, (reader) => {
    const watermark = reader.u8();
    const chainId = payload("chainId", reader.fixed(CHAIN_ID_BYTES));
    return { watermark, chainId, operation: readOperation(reader) };
  });
  if (!decoded.ok) return decoded;
  const { watermark, chainId, operation } = decoded.value;
  const preattests = watermark === WATERMARK.preattestation;
  switch (operation.kind) {
    case "preattestation":
    case "blsModePreattestation":
      if (!preattests) break;
      return ok({ type: "preattestation", chainId, operation, level: operation.level, round: operation.round });
    case "attestation":
    case "blsModeAttestation":
      if (preattests) break;
      return ok({ type: "attestation", chainId, operation, level: operation.level, round: operation.round });
    case "preattestationsAggregate":
    case "attestationsAggregate":
    case "seedNonceRevelation":
      break;
    default:
      return assertNever(operation);
  }
  return err({ code: "watermarkMismatch", watermark, kind: operation.kind });
}

function decodeOpaque(bytes: Uint8Array): Result<DecodedSigningPayload, SigningPayloadError> {
  const decoded = decodeCopy(bytes, OPAQUE_OPERATION_BYTES_MAX, (reader) => {
    reader.u8();
    const branch = readHash(reader, "blockHash");
    if (reader.remaining === 0) reader.fail("an operation without contents");
    return { branch, contents: reader.fixed(reader.remaining) };
  });
  if (!decoded.ok) return decoded;
  const tag = decoded.value.contents[0] ?? 0;
  // No vote is valid under this watermark, so nobody honest asks for it.
  if (CONSENSUS_TAGS.includes(tag)) {
    return err({ code: "watermarkMismatch", watermark: WATERMARK.operation, kind: `consensus operation ${tag}` });
  }
  return ok({ type: "operation", operation: decoded.value });
}
