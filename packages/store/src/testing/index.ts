export { levelHarness, memoryHarness, type StoreHarness } from "./storeHarness.js";
export { SAMPLE_KEEPER, SAMPLE_NETWORK, sampleChain, sampleGenesis, sampleProof, THREAD_A } from "./sampleChain.js";
