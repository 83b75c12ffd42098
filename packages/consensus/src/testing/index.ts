export {
  attest,
  certify,
  firstKeepers,
  partsOf,
  sealTestBlock,
  switchTo,
  type TestBlock,
  type TestBlockOptions,
  TestChain,
} from "./testChain.js";
export { createTestNetwork, TEST_GENESIS_TIME_MS, type TestNetwork, unsignedKeeper } from "./testNetwork.js";
export { areSigned, attestSigned, createSigningKeepers, signAs, type SigningKeeper } from "./signingKeepers.js";
