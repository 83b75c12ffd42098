import { describeExecutor } from "./testing/describeExecutor.js";
import { ledgerFixture } from "./testing/ledgerFixture.js";

describeExecutor("ledger", ledgerFixture);
