import { describeWatermarkStore } from "../testing/describeWatermarkStore.js";
import { MemoryWatermarkStore } from "./memoryWatermarkStore.js";

describeWatermarkStore("memory", { create: () => Promise.resolve(new MemoryWatermarkStore()), reopen: null });
