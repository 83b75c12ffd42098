export { FAKE_KEEPERS, FakeBackend, type FakeBackendOptions } from "./fakeBackend.js";
export { fakeAggregate, fakeBlock, type FakeBlockOptions, fakeFinalityProof, fakeHash } from "./fakeBlocks.js";
export { clientReaders } from "./wireReaders.js";
