export { ManualClock } from "@sealwright/types/testing";
export { MemoryWatermarkStore } from "../watermarks/memoryWatermarkStore.js";
export { type ProbeCall, probeSignature, ProbeSigner } from "./probeSigner.js";
export { RecordingWatermarkStore } from "./recordingWatermarkStore.js";
export { attestationRequest, blockRequest, lockRequest, TEST_NETWORK, testBlockId, testKey } from "./requests.js";
