export { type Accusation, decodeAccusation, encodeAccusation } from "./accusation.js";
export { AssertionError, assert, assertNever } from "./assert.js";
export {
  ATTESTATION_BYTES,
  type AggregatedAttestation,
  type Attestation,
  type AttestationTarget,
  BLS_PUBLIC_KEY_BYTES,
  BLS_SIGNATURE_BYTES,
  encodeAggregatedAttestation,
  encodeAttestation,
  readAggregatedAttestation,
  readAttestation,
  readSignedAttestation,
  readSigners,
  type SignedAttestation,
  writeAggregatedAttestation,
  writeAttestation,
  writeSignedAttestation,
  writeSigners,
} from "./attestation.js";
export {
  type BlockBody,
  bodyRootsOf,
  type CommonSection,
  type Directives,
  encodeOutboundMessage,
  encodeReceipt,
  type ExecutedSection,
  type ImportCursor,
  type OutboundMessage,
  readBlockBody,
  readCursor,
  readOutboundMessage,
  readReceipt,
  readRef,
  type Receipt,
  type Ref,
  writeBlockBody,
  writeCursor,
  writeOutboundMessage,
  writeReceipt,
  writeRef,
} from "./blockBody.js";
export {
  BLOCK_VERSION,
  type BlockHeader,
  blockIdOf,
  type BodyRoots,
  decodeBlockHeader,
  encodeBlockHeader,
  HEADER_BYTES,
  HEADER_LEAF,
  headerLeaves,
  type ProducerSelector,
  type RandomnessSource,
  readBlockHeader,
  writeBlockHeader,
} from "./blockHeader.js";
export type { Brand } from "./brand.js";
export { drainBody } from "./drainBody.js";
export { compareBytes, concatBytes, detached, equalBytes, fromHex, toHex } from "./bytes.js";
export { ByteReader, decode, type DecodeError } from "./codec/byteReader.js";
export { ByteWriter } from "./codec/byteWriter.js";
export {
  type BlockEvidence,
  decodeEvidence,
  encodeEvidence,
  type Evidence,
  type EvidenceKind,
  type SignedClaim,
  type SplitVoteEvidence,
  threadOfEvidence,
  type VoteEvidence,
  type WrongNackEvidence,
} from "./evidence.js";
export {
  decodeFinalityProof,
  encodeFinalityProof,
  type FinalityProof,
  readFinalityProof,
  readInclusionProof,
  writeFinalityProof,
  writeInclusionProof,
} from "./finalityProof.js";
export { HASH_BYTES, sha256, sha256Hex, ZERO_HASH } from "./hash.js";
export {
  type AccountId,
  accountIdFromBytes,
  type BadId,
  type BlockId,
  blockIdFromBytes,
  DEFAULT_THREAD_ID,
  type EnvelopeHash,
  envelopeHashFromBytes,
  type Height,
  height,
  idBytes,
  type KeeperId,
  keeperIdFromBytes,
  type MessageHash,
  messageHashFromBytes,
  type NetworkId,
  networkIdFromBytes,
  parseAccountId,
  parseBlockId,
  parseEnvelopeHash,
  parseKeeperId,
  parseMessageHash,
  parseNetworkId,
  parseThreadId,
  type Round,
  round,
  type SeqNo,
  seqNo,
  type SignerIndex,
  signerIndex,
  type Term,
  term,
  THREAD_ID_BYTES,
  type ThreadId,
  threadIdFromBytes,
  type UnixMs,
  unixMs,
  ZERO_BLOCK_ID,
} from "./ids.js";
export * as limits from "./limits.js";
export {
  hashNode,
  type InclusionProof,
  merkleLeaf,
  merkleProof,
  merkleRoot,
  treeDepth,
  verifyInclusion,
} from "./merkle.js";
export { err, ok, type Result, unwrap } from "./result.js";
export {
  type BlockDecodeError,
  decodeSealedBlock,
  decodeSealedHeader,
  envelopeHashOf,
  sealBlock,
  type SealedBlock,
} from "./sealedBlock.js";
export {
  decodeSnapshotChunk,
  decodeSnapshotManifest,
  encodeSnapshotChunk,
  encodeSnapshotManifest,
  readSnapshotManifest,
  snapshotContentHash,
  type SnapshotEntry,
  type SnapshotManifest,
  writeSnapshotManifest,
} from "./snapshot.js";
export {
  ackSigningBytes,
  attestationSigningBytes,
  type BlockClaim,
  blockSigningBytes,
  type LockPayload,
  lockSigningBytes,
  nackSigningBytes,
  SIGNING_KIND,
  signingBytes,
  type SigningKind,
  ticketSigningBytes,
} from "./signing.js";
export {
  type LockClaim,
  readSwitchCertificate,
  type SwitchCertificate,
  writeSwitchCertificate,
} from "./switchCertificate.js";
export {
  createThreadsTable,
  threadIdAt,
  threadIndexOf,
  threadOf,
  type ThreadRoute,
  THREADS_MAX,
  type ThreadsTable,
  threadsTableHash,
} from "./threadsTable.js";
export {
  type BlockVerdict,
  NACK_REASON,
  readSignedAck,
  readSignedNack,
  type SignedAck,
  type SignedNack,
  writeSignedAck,
  writeSignedNack,
} from "./verdict.js";
export { decodeVoteState, encodeVoteState, type RankedBlock, type VoteState } from "./voteState.js";
export { decodeWireMessage, encodeWireMessage, type ThreadStatus, type WireMessage } from "./wire.js";
export { readSignedLock, type SignedLock, writeSignedLock } from "./signedLock.js";
export { decodeStateUpdate, encodeStateUpdate, STATE_KEY_BYTES_MAX, type StateChange } from "./stateChange.js";
export {
  type Clock,
  type LogFields,
  type Logger,
  type LogLevel,
  type Random,
  silentLogger,
  type Timer,
} from "./world.js";
