export {
  BETA_MAX,
  fallbackDeadline,
  INITIAL_BETA,
  INITIAL_WINDOW,
  nextBeta,
  primaryDeadline,
  pushSamples,
  TARGET_WINDOW,
} from "./attestationTarget.js";
export { type BlockFacts, type CarriedCertificate, type PendingBlock, RECENT_IDS_MAX } from "./blockFacts.js";
export { decodeBlockFacts, encodeBlockFacts } from "./blockFactsCodec.js";
export type { BlockFault } from "./blockFault.js";
export { carriedSignatureSets, claimOf, lockMessages, producerSignatureSet } from "./blockSignatures.js";
export {
  aggregateSignatureSet,
  type CertificateFault,
  certificateSignatureSet,
  isQuorum,
  sameAttestation,
  type SignatureSet,
} from "./certificate.js";
export { certificatesIn } from "./certificatesIn.js";
export {
  asksToShareState,
  type CandidateParts,
  deriveFacts,
  mayShareState,
  SHARE_STATE_INTERVAL,
} from "./deriveFacts.js";
export {
  type CheckedEvidence,
  checkEvidence,
  claimedOffence,
  type Offence,
  offenceKey,
} from "./evidence/checkEvidence.js";
export type { EvidenceFault } from "./evidence/evidenceFault.js";
export { buildFinalityProof, type CheckedProof, checkFinalityProof, type ProofFault } from "./finalityProof.js";
export {
  type CustomExecutor,
  EXECUTOR_KINDS,
  type ExecutorKind,
  type Genesis,
  GENESIS_VERSION,
  type GenesisAccount,
  genesisBlock,
  genesisFacts,
  type GenesisKeeper,
  genesisThreads,
  isCustomExecutor,
  networkIdOf,
} from "./genesis.js";
export { type CheckPossession, type GenesisError, genesisToJson, parseGenesis } from "./genesisDocument.js";
export { keeperIdOf, type KeeperMember, KeeperSet, type KeeperSetError } from "./keeperSet.js";
export { producerOf, selectorFor } from "./producerSelector.js";
export { checkSnapshotManifest, type SnapshotFault } from "./snapshotRules.js";
export { DEFAULT_SETTINGS, type ProtocolSettings } from "./protocolSettings.js";
export { faultTolerance, majority, quorum } from "./quorum.js";
export { compareRank, GENESIS_RANK, type Rank } from "./rank.js";
export { shuffledOrder } from "./shuffle.js";
export { countSigners, EMPTY_MASK, maskOf, type SignerMask } from "./signerMask.js";
export {
  assembleCertificate,
  completableVotes,
  locksFor,
  type UnsignedSwitchCertificate,
} from "./switch/assembleCertificate.js";
export { checkSwitchCertificate } from "./switch/checkSwitchCertificate.js";
export { findLockFault, type LockFault } from "./switch/lockFault.js";
export { lockPayloadOf, rankOfQc } from "./switch/lockPayload.js";
export {
  BLOCK_LAG_FOR_MS,
  BLOCK_LAG_MS_MAX,
  SUSPECT_FRESH_MS,
  SWITCH_BASE_MS,
  SWITCH_RESEND_MS,
  switchTimeoutMs,
} from "./switch/switchTimeout.js";
export { shouldYield, type Turn } from "./switch/yieldRules.js";
export { termToLock, type TermWish } from "./switch/termToLock.js";
export { isVerifier } from "./verification/isVerifier.js";
export { nackSignatureSet, ticketSignatureSet } from "./verification/verdictSignatures.js";
export {
  ALL_VERIFY,
  type VerificationRules,
  verificationRules,
  WRONG_NACK_HEIGHTS,
} from "./verification/verificationRules.js";
export { ALL_VERIFY_UP_TO, type LotterySettings, type Verification } from "./verification/verification.js";
export { UNVERIFIED_RATIO_MAX, verifierCount } from "./verification/verifierCount.js";
export type { ThreadRules } from "./threadRules.js";
export {
  attestationOf,
  decideFallbackVote,
  decidePrimaryVote,
  type NoVote,
  raiseHighestQc,
  type VoteContext,
} from "./voteRules.js";
