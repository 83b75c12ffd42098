export {
  GENESIS_TIME_MS,
  LedgerWorld,
  TEST_BALANCE,
  TEST_FEE,
  TEST_NETWORK,
  type TestUser,
  WIDE_LIMITS,
} from "./ledgerWorld.js";
