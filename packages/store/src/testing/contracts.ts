export { describeBlockStateRepository } from "./describeBlockStateRepository.js";
export { describeKeyValueStore } from "./describeKeyValueStore.js";
export { describeRepository } from "./describeRepository.js";
