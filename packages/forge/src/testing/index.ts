export { ManualClock } from "@sealwright/types/testing";
export { MemoryWatermarkStore } from "../watermarks/memoryWatermarkStore.js";
export { describeSigner, type SignerHarness } from "./describeSigner.js";
export { describeWatermarkStore, type WatermarkStoreHarness } from "./describeWatermarkStore.js";
export { FakeOctezSigner, type RemoteBehaviour } from "./fakeOctezSigner.js";
export { type ProbeCall, probeSignature, ProbeSigner } from "./probeSigner.js";
export { realClock } from "./realClock.js";
export { RecordingWatermarkStore } from "./recordingWatermarkStore.js";
export { attestationRequest, blockRequest, lockRequest, TEST_NETWORK, testBlockId, testKey } from "./requests.js";
