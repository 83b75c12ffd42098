export { DueQueue } from "./dueQueue.js";
export { type LinkRules, PERFECT_LINK } from "./linkRules.js";
export {
  MemoryNetwork,
  memoryNetwork,
  type MemoryNetworkDependencies,
  type MemoryNetworkOptions,
} from "./memoryNetwork.js";
export { MemoryTransport } from "./memoryTransport.js";
export { networkReaders } from "./wireReaders.js";
