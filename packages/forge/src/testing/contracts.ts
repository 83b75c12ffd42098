export { describeSigner, type SignerHarness } from "./describeSigner.js";
export { describeWatermarkStore, type WatermarkStoreHarness } from "./describeWatermarkStore.js";
