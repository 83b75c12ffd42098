export type { BlockStage, CandidateProgress, ChainBlock } from "./chainBlock.js";
export { chainTo, factsOf, isAncestorOrSelf, isApplied, isCertified, newestApplied } from "./chainView.js";
export type { AbandonedBlock, ChainNotice, FinalizedRun, KeeperEffect, PenaltyCause } from "./keeperEffect.js";
export type { BlockOrigin, ExecutionOutcome, ForgeOutcome, KeeperEvent } from "./keeperEvent.js";
export {
  CERTIFICATES_MAX,
  initialKeeperState,
  type KeeperConfig,
  type KeeperState,
  PARKED_BLOCKS_MAX,
  PARKED_BYTES_MAX,
  type ParkedBlock,
} from "./keeperState.js";
export type { KeeperPorts } from "./keeperPorts.js";
export { type KeeperInput, KeeperRunner } from "./keeperRunner.js";
export type { OwnVote } from "./ownVote.js";
export { type VoteChain, voteChain } from "./voteChain.js";
export { type KeeperStep, step } from "./step.js";
export { CENSORSHIP_REASON } from "./switching/watchProgress.js";
export type { WitnessEffect, WitnessEvent } from "./witness/witnessEvent.js";
export { type WitnessPorts, WitnessRunner } from "./witness/witnessRunner.js";
export { initialWitnessState, type WitnessedBlock, witnessedBlock, type WitnessState } from "./witness/witnessState.js";
export { stepWitness, type WitnessStep } from "./witness/witnessStep.js";
export type { SnapshotSyncEffect, SnapshotSyncEvent } from "./snapshot/snapshotSyncEvent.js";
export {
  initialSnapshotSync,
  type SnapshotPhase,
  SNAPSHOT_GAIN_MIN,
  snapshotProgress,
  type SnapshotSyncConfig,
  type SnapshotSyncState,
} from "./snapshot/snapshotSyncState.js";
export { stepSnapshotSync, type SnapshotSyncStep } from "./snapshot/snapshotSyncStep.js";
export type { Duty } from "./verifying/duty.js";
