export {
  CONFIG_FIELDS,
  type ConfigError,
  type ConfigField,
  type ConfigFlags,
  type ConfigPath,
  createKeyFiles,
  createNetworkFiles,
  describeConfigError,
  describeNodeKeyError,
  type Environment,
  environmentNameOf,
  type FieldKind,
  formatSocketAddress,
  type KeyFileError,
  type KeyPaths,
  loadKeys,
  LOG_FORMATS,
  LOG_LEVELS,
  type NetworkFiles,
  type NetworkFilesError,
  type NetworkFilesOptions,
  type NodeAddresses,
  type NodeConfig,
  nodeConfigSchema,
  nodeConfigText,
  type NodeConfigTextOptions,
  nodeDirOf,
  type NodeFiles,
  type NodeKeyError,
  type NodeKeys,
  parseNodeConfig,
  parseSocketAddress,
  type PeerConfig,
  readSecretFile,
  readTransportKeyFile,
  type RemoteSignerConfig,
  type Retention,
  type SocketAddress,
  type TestAccount,
  type TestAccountsFile,
  transportKeyText,
  writeNodeConfigs,
  writeSecretFile,
} from "./config/index.js";
export type { ProvedOffence, SlashingHook } from "./evidence/slashingHook.js";
export { examineNode, type ExamineOptions } from "./doctor/examineNode.js";
export type { DoctorReport, Finding, FindingLevel } from "./doctor/finding.js";
export type { NodeExit, StartNodeError } from "./nodeError.js";
export type { PublicIdentity } from "./identity.js";
export { type AccountSummary, type BringEngine, type NetworkEngine, networkEngine } from "./networkEngine.js";
export { type Keeper, type KeeperWorld, openKeeper, type OtherGenesis } from "./openKeeper.js";
export type { EvidenceDesk } from "./evidence/evidenceDesk.js";
export type { MessageDesk } from "./messages/messageDesk.js";
export type { SnapshotFetcher } from "./sync/snapshotFetcher.js";
export type { SnapshotKeeper } from "./sync/snapshotKeeper.js";
export type { ThreadService } from "./thread/threadService.js";
export { raiseWatermarks } from "./raiseWatermarks.js";
export { SafetyStop } from "./safetyStop.js";
export { Opening, OpeningAborted } from "./opening.js";
export { type DrillTarget, type NodeHooks, type NodeSurface, type RunningNode, startNode } from "./startNode.js";
export { blockLimitsOf } from "./thread/blockContext.js";
export { SOFTWARE_VERSION } from "./version.js";
export { addProcessMetrics } from "./processMetrics.js";
export { systemClock } from "./world/systemClock.js";
export { systemRandom } from "./world/systemRandom.js";
