export { chainBag } from "./chainBag.js";
export { ledgerFixture } from "./ledgerFixture.js";
export {
  GENESIS_TIME_MS,
  LedgerWorld,
  TEST_BALANCE,
  TEST_FEE,
  TEST_NETWORK,
  type TestUser,
  WIDE_LIMITS,
} from "./ledgerWorld.js";
export { ENDLESS_AMOUNT, FATAL_AMOUNT, fragileExecutor, fragileExecutorSource } from "./fragileExecutor.js";
