import { describeThreadExecution } from "../testing/describeThreadExecution.js";
import { ledgerFixture } from "../testing/ledgerFixture.js";
import { createInlineExecution } from "./inlineExecution.js";

describeThreadExecution("inline", () => {
  const fixture = ledgerFixture();
  const { executor, threadId, world } = fixture;
  return {
    ...fixture,
    open: (clock, options) =>
      createInlineExecution({ threadId, threadsTable: world.threadsTable, ...options }, { executor, clock }),
  };
});
