export { CONFIG_FIELDS, type ConfigField, type ConfigPath, environmentNameOf, type FieldKind } from "./configFields.js";
export {
  createKeyFiles,
  createNetworkFiles,
  type NetworkFiles,
  type NetworkFilesError,
  type NetworkFilesOptions,
  type NodeAddresses,
  nodeDirOf,
  type NodeFiles,
  writeNodeConfigs,
} from "./createNetworkFiles.js";
export { describeConfigError } from "./describeConfigError.js";
export { describeNodeKeyError, type KeyFileError, type NodeKeyError } from "./keyFileError.js";
export { loadKeys, loadTransportKey, type NodeKeys } from "./loadKeys.js";
export {
  type ConfigError,
  type KeyPaths,
  LOG_FORMATS,
  LOG_LEVELS,
  type NodeConfig,
  type PeerConfig,
  type RemoteSignerConfig,
  type Retention,
  type SocketAddress,
} from "./nodeConfig.js";
export { nodeConfigSchema } from "./nodeConfigSchema.js";
export { nodeConfigText, type NodeConfigTextOptions } from "./nodeConfigText.js";
export { type ConfigFlags, type Environment, parseNodeConfig } from "./parseNodeConfig.js";
export { apiUrlsOf } from "./publicApi.js";
export { readSecretFile, writeSecretFile } from "./secretFile.js";
export { formatSocketAddress, parseSocketAddress } from "./socketAddress.js";
export type { TestAccount, TestAccountsFile } from "./testAccounts.js";
export { readTransportKeyFile, transportKeyText } from "./transportKeyFile.js";
