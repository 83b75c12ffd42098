import { describeBlockStateRepository } from "./testing/describeBlockStateRepository.js";
import { levelHarness, memoryHarness } from "./testing/storeHarness.js";

describeBlockStateRepository("the memory store", async () => memoryHarness());
describeBlockStateRepository("the LevelDB store", levelHarness);
