export { describeBlockStateRepository } from "./describeBlockStateRepository.js";
export { describeKeyValueStore } from "./describeKeyValueStore.js";
export { describeRepository } from "./describeRepository.js";
export { levelHarness, memoryHarness, type StoreHarness } from "./storeHarness.js";
export { SAMPLE_KEEPER, SAMPLE_NETWORK, sampleChain, sampleGenesis, sampleProof, THREAD_A } from "./sampleChain.js";
