export type { EventsOptions } from "./events/eventHub.js";
export type {
  ForgeEvent,
  ForgeFailureCode,
  ForgeOutcome,
  NotReadyOutcome,
  Origin,
  ReadyOutcome,
} from "./forgeEvent.js";
export {
  type Accepted,
  type ForgeResult,
  type ForgeStatus,
  ForgeWorker,
  type ForgeWorkerDependencies,
  type ForgeWorkerOptions,
  type PushError,
  type PushErrorCode,
  type PushOptions,
  type StartError,
} from "./forgeWorker.js";
export {
  type BadKeyId,
  type KeyId,
  parsePublicKeyHex,
  parseTezosKeyHash,
  publicKeyHexFromBytes,
  type PublicKeyHex,
  type TezosKeyHash,
} from "./keyId.js";
export {
  type ScheduledTask,
  Scheduler,
  type SchedulerEffect,
  type SchedulerEvent,
  type SchedulerLimits,
  type SchedulerRefusal,
  type TaskId,
} from "./queue/scheduler.js";
export type { ForgeRequest, RequestId } from "./requests/forgeRequest.js";
export {
  type BlockVerdict,
  type SealwrightKind,
  type SealwrightRequest,
  sealwrightSigningBytes,
} from "./requests/sealwrightRequest.js";
export { LocalBlsSigner, type LocalBlsSignerOptions } from "./signers/localBlsSigner.js";
export type { Signer, SignFailure, SignFailureCode, SignOptions } from "./signers/signer.js";
export { startForgeWorker } from "./startForgeWorker.js";
export type { Decision, Digest, Refusal } from "./watermarks/decision.js";
export type { DurableFile, OpenDurableFile } from "./watermarks/file/durableFile.js";
export {
  type FileWatermarkDependencies,
  type FileWatermarkOptions,
  FileWatermarkStore,
  type OpenReport,
  type OpenWatermarksError,
} from "./watermarks/file/fileWatermarkStore.js";
export type { LockHeld } from "./watermarks/file/directoryLock.js";
export type { LogCorruption } from "./watermarks/file/readLog.js";
export {
  type Claim,
  type MarkRecord,
  type Marks,
  type MarkScope,
  parseScopeText,
  scopeText,
  type WatermarkRefusalCode,
} from "./watermarks/marks.js";
export { compareRank, type Rank } from "./watermarks/rank.js";
export type { SealwrightClaim, SealwrightMarks, SealwrightRecord } from "./watermarks/sealwrightMarks.js";
export type {
  Authorized,
  GuardError,
  StoreFailure,
  StoreFailureCode,
  WatermarkStore,
} from "./watermarks/watermarkStore.js";
