export { blake2b160, BLAKE2B_160_BYTES, blake2b256, BLAKE2B_256_BYTES } from "./hashes/blake2b.js";
export {
  blockHash,
  blockPayloadHash,
  chainIdOfGenesis,
  nonceHash,
  operationHash,
  operationHashOfBytes,
  operationListHash,
  operationListListHash,
} from "./hashes/chain.js";
export { merkleRoot } from "./hashes/merkle.js";
export { meetsProofOfWork, proofOfWorkHash } from "./hashes/proofOfWork.js";
export {
  type BlockHash,
  type BlockHashText,
  type BlockPayloadHash,
  type ChainId,
  type ChainIdText,
  type ContextHash,
  I32_MAX,
  level,
  type Level,
  type NonceHash,
  type OperationHash,
  type OperationHashText,
  type OperationListHash,
  type OperationListListHash,
  type ProtocolHash,
  round,
  type Round,
  slot,
  type Slot,
} from "./ids.js";
export {
  decryptSecretKey,
  type EncryptableSecretKey,
  encryptSecretKey,
  type WrongPassword,
} from "./keys/decryptSecretKey.js";
export {
  type EncryptableScheme,
  type EncryptedSecretKey,
  type EncryptedSecretKeyText,
  formatEncryptedSecretKey,
  parseEncryptedSecretKey,
} from "./keys/encryptedSecretKey.js";
export {
  formatPublicKey,
  hashPublicKey,
  parsePublicKey,
  type PublicKey,
  publicKeyBytes,
  type PublicKeyText,
  readPublicKey,
  writePublicKey,
} from "./keys/publicKey.js";
export {
  equalPublicKeyHashes,
  formatPublicKeyHash,
  parsePublicKeyHash,
  PUBLIC_KEY_HASH_BYTES,
  type PublicKeyHash,
  type PublicKeyHashText,
  readPublicKeyHash,
  writePublicKeyHash,
} from "./keys/publicKeyHash.js";
export { SIGNATURE_SCHEMES, type SignatureScheme, schemeOfTag, schemeTag } from "./keys/schemes.js";
export {
  blsScalarBigEndian,
  blsSecretKeyFromBigEndian,
  formatSecretKey,
  parseSecretKey,
  type SecretKey,
  type SecretKeyText,
} from "./keys/secretKey.js";
export {
  formatSignature,
  parseSignature,
  type Signature,
  signatureBytes,
  type SignatureText,
} from "./keys/signature.js";
export {
  BLS_GROUP_ORDER,
  dalAttestationDigest,
  type DalAttestationParts,
  dalAttestationWeight,
} from "./signing/dalWeight.js";
export {
  blsModeAttestation,
  blsModePreattestation,
  type DecodedSigningPayload,
  decodeSigningPayload,
  encodeAuthenticationPayload,
  encodeSigningPayload,
  OPAQUE_OPERATION_BYTES_MAX,
  type OpaqueOperation,
  schemeSigns,
  signingDigest,
  type SigningPayload,
  type SigningPayloadError,
  voteSigningPayload,
  WATERMARK,
} from "./signing/signingPayload.js";
export { type BadCharacter, decodeBase58, encodeBase58 } from "./text/base58.js";
export { type Encoding, ENCODING_KINDS, type EncodingKind, ENCODINGS } from "./text/encodings.js";
export {
  checkText,
  formatText,
  type IdentifiedText,
  identifyText,
  parseText,
  payload,
  type Payload,
  type Text,
  TEXT_CHARS_MAX,
  type TextError,
} from "./text/text.js";
export {
  BLOCK_HEADER_BYTES_MAX,
  type BlockHeader,
  type BlockVote,
  type BlockVotes,
  decodeBlockHeader,
  decodeSignedBlockHeader,
  encodeBlockHeader,
  encodeSignedBlockHeader,
  PROOF_OF_WORK_NONCE_BYTES,
  type SignedBlockHeader,
} from "./wire/blockHeader.js";
export {
  DAL_LAGS_MAX,
  DAL_SLOTS_MAX,
  dalBitsetBytes,
  type DalBitsetError,
  type DalSlots,
  decodeDalLags,
  decodeDalSlots,
  encodeDalLags,
  encodeDalSlots,
} from "./wire/dalBitset.js";
export {
  compareFitness,
  decodeProtocolFitness,
  encodeProtocolFitness,
  type Fitness,
  FITNESS_BYTES_MAX,
  fitnessElements,
  type FitnessError,
  parseFitness,
} from "./wire/fitness.js";
export {
  type AggregateMember,
  type Attestation,
  type AttestationsAggregate,
  type BlsModeAttestation,
  type BlsModeOperation,
  type BlsModePreattestation,
  COMMITTEE_MEMBERS_MAX,
  decodeOperation,
  encodeOperation,
  type Operation,
  OPERATION_BYTES_MAX,
  type Preattestation,
  type PreattestationsAggregate,
  type SeedNonceRevelation,
  type VoteTarget,
} from "./wire/operation.js";
export {
  type OperationContentJson,
  type OperationJson,
  type OperationJsonError,
  operationToJson,
  parseOperationJson,
} from "./wire/operationJson.js";
export {
  appendSignature,
  decodeInlinedOperation,
  decodeSignedOperation,
  encodeInlinedOperation,
  encodeSignedOperation,
  SIGNED_OPERATION_BYTES_MAX,
  type SignedOperation,
} from "./wire/signedOperation.js";
export { readZ, writeZ, Z_BYTES_MAX } from "./wire/zarith.js";
