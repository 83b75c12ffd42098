import {
  type AggregatedAttestation,
  BLS_SIGNATURE_BYTES,
  readAggregatedAttestation,
  writeAggregatedAttestation,
} from "./attestation.js";
import { type BlockHeader, HEADER_BYTES, readBlockHeader, writeBlockHeader } from "./blockHeader.js";
import { type ByteReader, decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { type BlockId, height, round, type SignerIndex, signerIndex, term, type ThreadId } from "./ids.js";
import { EVIDENCE_BYTES_MAX, EVIDENCE_HEADERS_MAX } from "./limits.js";
import { err, type Result } from "./result.js";
import type { BlockClaim } from "./signing.js";
import { readSignedNack, type SignedNack, writeSignedNack } from "./verdict.js";

/** What a producer signed when it sealed a block: it binds the id to its place, so no header is needed to judge it. */
export interface SignedClaim {
  readonly claim: BlockClaim;
  readonly signature: Uint8Array;
}

/** Two sealed blocks of one producer of which at most one is allowed. */
export interface BlockEvidence {
  /** `doubleBlock`: at one (thread, term, height). `doubleFirstBlock`: both with round > 0, in one (thread, term). */
  readonly kind: "doubleBlock" | "doubleFirstBlock";
  readonly accused: SignerIndex;
  readonly claims: readonly [SignedClaim, SignedClaim];
}

/** Two votes of one BK of which at most one is allowed. An aggregate proves the vote of each of its signers. */
export interface VoteEvidence {
  readonly kind: "doubleAttestation";
  readonly accused: SignerIndex;
  readonly votes: readonly [AggregatedAttestation, AggregatedAttestation];
}

/** Two votes of one BK in one term on two chains: `headers` lead from the first vote's height up to the second's block. */
export interface SplitVoteEvidence {
  readonly kind: "splitAttestation";
  readonly accused: SignerIndex;
  readonly votes: readonly [AggregatedAttestation, AggregatedAttestation];
  /** Ascending, one chain; at most `EVIDENCE_HEADERS_MAX`. */
  readonly headers: readonly BlockHeader[];
}

/** A Nack of a block that a quorum vouches for: `headers` lead from that block up to the one that is certified. */
export interface WrongNackEvidence {
  readonly kind: "wrongNack";
  readonly accused: SignerIndex;
  readonly nack: SignedNack;
  readonly certificate: AggregatedAttestation;
  /** Ascending, one chain; at most `EVIDENCE_HEADERS_MAX`. */
  readonly headers: readonly BlockHeader[];
}

/** A fault of one BK that proves itself (protocol §8): whoever has the BK set can check it, whoever shows it. */
export type Evidence = BlockEvidence | VoteEvidence | SplitVoteEvidence | WrongNackEvidence;
/** Which rule was broken, as `Evidence.kind` names it. */
export type EvidenceKind = Evidence["kind"];

const KIND = {
  doubleBlock: 1,
  doubleFirstBlock: 2,
  doubleAttestation: 3,
  splitAttestation: 4,
  wrongNack: 5,
} as const satisfies Record<EvidenceKind, number>;

/** What is gossiped, stored and carried by blocks; at most `limits.EVIDENCE_BYTES_MAX`. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  const writer = new ByteWriter(1_024).u8(KIND[evidence.kind]).u16(evidence.accused);
  if ("claims" in evidence) {
    for (const claim of evidence.claims) writeSignedClaim(writer, claim);
    return writer.finish();
  }
  if (evidence.kind === "wrongNack") {
    writeSignedNack(writer, evidence.nack);
    writeAggregatedAttestation(writer, evidence.certificate);
    return writer.list(evidence.headers, writeBlockHeader).finish();
  }
  for (const vote of evidence.votes) writeAggregatedAttestation(writer, vote);
  if (evidence.kind === "splitAttestation") writer.list(evidence.headers, writeBlockHeader);
  return writer.finish();
}

/** The thread in which the fault was committed, by the evidence's own word. */
export function threadOfEvidence(evidence: Evidence): ThreadId {
  if ("claims" in evidence) return evidence.claims[0].claim.threadId;
  return evidence.kind === "wrongNack" ? evidence.nack.verdict.threadId : evidence.votes[0].attestation.threadId;
}

/** Checks form only; what the evidence proves, if anything, is for consensus to say. */
export function decodeEvidence(bytes: Uint8Array): Result<Evidence, DecodeError> {
  if (bytes.length > EVIDENCE_BYTES_MAX)
    return err({ code: "decodeError", reason: `evidence of ${bytes.length} bytes`, offset: 0 });
  return decode(bytes, readEvidence);
}

function readEvidence(reader: ByteReader): Evidence {
  const kind = reader.u8();
  const accused = signerIndex(reader.u16());
  switch (kind) {
    case KIND.doubleBlock:
    case KIND.doubleFirstBlock: {
      const claims = [readSignedClaim(reader), readSignedClaim(reader)] as const;
      return { kind: kind === KIND.doubleBlock ? "doubleBlock" : "doubleFirstBlock", accused, claims };
    }
    case KIND.doubleAttestation:
      return { kind: "doubleAttestation", accused, votes: readVotes(reader) };
    case KIND.splitAttestation: {
      const votes = readVotes(reader);
      return {
        kind: "splitAttestation",
        accused,
        votes,
        headers: reader.list(EVIDENCE_HEADERS_MAX, HEADER_BYTES, readBlockHeader),
      };
    }
    case KIND.wrongNack:
      return {
        kind: "wrongNack",
        accused,
        nack: readSignedNack(reader),
        certificate: readAggregatedAttestation(reader),
        headers: reader.list(EVIDENCE_HEADERS_MAX, HEADER_BYTES, readBlockHeader),
      };
    default:
      return reader.fail(`unknown kind of evidence ${kind}`);
  }
}

function readVotes(reader: ByteReader): readonly [AggregatedAttestation, AggregatedAttestation] {
  return [readAggregatedAttestation(reader), readAggregatedAttestation(reader)];
}

function writeSignedClaim(writer: ByteWriter, { claim, signature }: SignedClaim): void {
  writer.hex(claim.threadId).u64(claim.term).u64(claim.height).u64(claim.round).hex(claim.blockId);
  writer.fixed(signature, BLS_SIGNATURE_BYTES);
}

function readSignedClaim(reader: ByteReader): SignedClaim {
  return {
    claim: {
      threadId: reader.hex(34) as ThreadId,
      term: term(reader.u64()),
      height: height(reader.u64()),
      round: round(reader.u64()),
      blockId: reader.hex(32) as BlockId,
    },
    signature: reader.fixed(BLS_SIGNATURE_BYTES),
  };
}
