export type { EventsOptions } from "./events/eventHub.js";
export type {
  ForgeEvent,
  ForgeFailureCode,
  ForgeOutcome,
  NotReadyOutcome,
  Origin,
  ReadyOutcome,
} from "./forgeEvent.js";
export { ForgeWorker } from "./forgeWorker.js";
export type {
  Accepted,
  DuplicateKey,
  ForgeResult,
  ForgeStatus,
  ForgeWorkerDependencies,
  ForgeWorkerOptions,
  PushError,
  PushErrorCode,
  PushOptions,
  ShutdownOptions,
  StartError,
} from "./worker/forgeOptions.js";
export {
  type BadKeyId,
  type KeyId,
  parsePublicKeyHex,
  parseTezosKeyHash,
  publicKeyHexFromBytes,
  schemeOfKey,
  type PublicKeyHex,
  tezosHashOf,
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
  type VotePlace,
} from "./queue/scheduler.js";
export type { ForgeRequest, ForgeRequestKind, RequestId } from "./requests/forgeRequest.js";
export {
  type BlockVerdict,
  type SealwrightKind,
  type SealwrightRequest,
  sealwrightSigningBytes,
} from "./requests/sealwrightRequest.js";
export { LocalBlsSigner, type LocalBlsSignerOptions } from "./signers/localBlsSigner.js";
export { LocalTezosSigner, tezosBlsSecrets } from "./signers/localTezosSigner.js";
export { type LocalTezosKey, localTezosKey, type OpenKeyError, openTezosKey } from "./signers/localTezosKey.js";
export { type Authenticator, authenticatorOf } from "./signers/remote/authenticator.js";
export type { ClientCertificates } from "./signers/remote/httpExchange.js";
export { OctezHttp, type OctezHttpOptions } from "./signers/remote/octezHttp.js";
export {
  OctezRemoteSigner,
  type OctezRemoteSignerDependencies,
  type OctezRemoteSignerOptions,
  type RemoteKey,
} from "./signers/remote/octezRemoteSigner.js";
export { OctezSocket, type OctezSocketAddress, type OctezSocketOptions } from "./signers/remote/octezSocket.js";
export type { OctezTransport, RemoteCallOptions, RemoteSignRequest } from "./signers/remote/octezTransport.js";
export { type OctezSignerQuestion, probeOctezSigner } from "./signers/remote/probeOctezSigner.js";
export {
  openOctezTransport,
  type OctezTransportOptions,
  type RemoteAddress,
  remoteAddressText,
  SHARED_CONNECTIONS,
} from "./signers/remote/remoteAddress.js";
export { SharedProbe } from "./service/sharedProbe.js";
export { Web3Signer, type Web3SignerDependencies, type Web3SignerOptions } from "./signers/remote/web3Signer.js";
export { verifySignature } from "./signers/verifySignature.js";
export type { Signer, SignFailure, SignFailureCode, SignOptions } from "./signers/signer.js";
export type { BlockPreparer, PreparationFailure, PreparedBlock, PrepareOptions } from "./preparation/blockPreparer.js";
export type { BeaconRequest } from "./requests/beaconRequest.js";
export type { BlockToBake } from "./requests/blockToBake.js";
export type { TezosRequest } from "./requests/tezosRequest.js";
export { type TezosVoteBatch, votesOfBatch } from "./requests/voteBatch.js";
export { startForgeWorker } from "./startForgeWorker.js";
export { parseServiceConfig } from "./service/config/parseServiceConfig.js";
export {
  type AllowedKind,
  type ClientTlsConfig,
  describeServiceConfigError,
  type KeyConfig,
  type KeySource,
  type ServerTlsConfig,
  type ServiceConfig,
  type ServiceConfigError,
  type ServiceProtocol,
  type SocketAddress,
  type WatermarkConfig,
} from "./service/config/serviceConfig.js";
export { serviceConfigSchema } from "./service/config/serviceConfigSchema.js";
export {
  createForgeService,
  type ForgeService,
  type ForgeServiceDependencies,
  type ForgeServiceError,
  type ServedKey,
} from "./service/forgeService.js";
export type { KeyError, KeyErrorCode } from "./service/keys/keyError.js";
export { readClientTls } from "./service/tls/tlsTexts.js";
export { describeWatermarks, openWatermarks, type WatermarkStoreError } from "./service/openWatermarks.js";
export type {
  ConfigUnreadable,
  ReadServiceConfig,
  ReloadProblem,
  ReloadState,
  ReloadStatus,
} from "./service/reloader.js";
export type { Decision, Digest, Refusal } from "./watermarks/decision.js";
export type { DurableFile, OpenDurableFile } from "./watermarks/file/durableFile.js";
export { FileWatermarkStore, type OpenWatermarksError } from "./watermarks/file/fileWatermarkStore.js";
export {
  type FileWatermarkDependencies,
  type FileWatermarkOptions,
  LOG_NAME as MARKS_LOG_NAME,
  type OpenReport,
} from "./watermarks/file/openLog.js";
export type { LockHeld } from "./watermarks/file/directoryLock.js";
export type { LogCorruption } from "./watermarks/file/readLog.js";
export {
  type Claim,
  type MarkRecord,
  type Marks,
  type MarkScope,
  parseScopeText,
  type ScopeText,
  scopeText,
  type WatermarkRefusalCode,
} from "./watermarks/marks.js";
export type { BeaconClaim, BeaconMarks, BeaconRecord, BeaconRefusalCode } from "./watermarks/beaconMarks.js";
export { formatEip3076, parseEip3076 } from "./watermarks/exchange/eip3076.js";
export { type BadImport, type ImportedMarks, importMarks } from "./watermarks/exchange/imported.js";
export { exportMarks, parseMarkInterchange } from "./watermarks/exchange/markInterchange.js";
export {
  formatOctezMarks,
  isTezosChainId,
  octezMarksOf,
  octezMarksPath,
  parseOctezMarks,
  readOctezMarks,
  writeOctezMarks,
} from "./watermarks/exchange/octezMarks.js";
export {
  octezSignerFileKind,
  octezSignerMarksOf,
  parseOctezSignerMarks,
  raiseOctezSignerMarks,
  readOctezSignerMarks,
} from "./watermarks/exchange/octezSignerMarks.js";
export type { LeaseOptions } from "./watermarks/postgres/fencingLease.js";
export {
  type OpenPostgresError,
  type PostgresWatermarkDependencies,
  type PostgresWatermarkOptions,
  PostgresWatermarkStore,
} from "./watermarks/postgres/postgresWatermarkStore.js";
export type { TezosClaim, TezosMarkKind, TezosMarks, TezosRecord, TezosRefusalCode } from "./watermarks/tezosMarks.js";
export { compareRank, type Rank } from "./watermarks/rank.js";
export {
  applySealwright,
  decideSealwright,
  NO_FLOOR,
  NO_SEALWRIGHT_MARKS,
  type SealwrightClaim,
  type SealwrightFloor,
  type SealwrightMarks,
  type SealwrightRecord,
  type SealwrightRefusalCode,
} from "./watermarks/sealwrightMarks.js";
export type {
  Authorized,
  GuardError,
  StoreFailure,
  StoreFailureCode,
  WatermarkStore,
} from "./watermarks/watermarkStore.js";
