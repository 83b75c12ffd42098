import { ApiRefusal, createNodeEventLog } from "@sealwright/api";
import { createTestNetwork } from "@sealwright/consensus/testing";
import {
  createInlineExecution,
  createRevivingExecution,
  ExecutionError,
  ledgerExecutor,
  ledgerGenesisEntries,
} from "@sealwright/execution";
import { type AccountId, createThreadsTable, silentLogger, ZERO_BLOCK_ID } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { executionRead } from "./executionRead.js";
import { type BackendDependencies, KeeperBackend } from "./nodeBackend.js";

const { rules, root } = createTestNetwork(4);
const { threadId, networkId } = rules;
const table = createThreadsTable(1, ZERO_BLOCK_ID);
const ACCOUNT = "ab".repeat(32) as AccountId;

/** What a keeper shows whose execution worker died and is not back yet. */
async function backendWithoutWorker(): Promise<KeeperBackend> {
  const clock = new ManualClock();
  const worker = createInlineExecution(
    { threadId, threadsTable: table },
    { executor: ledgerExecutor({ networkId, transferFee: 1n }), clock },
  );
  const deaths: ((error: ExecutionError) => void)[] = [];
  worker.onDied = (listener) => deaths.push(listener);
  const reload = (): Promise<void> => new Promise(() => undefined);
  const execution = createRevivingExecution({}, { open: () => worker, reload, clock, logger: silentLogger });
  await execution.load(ledgerGenesisEntries(threadId, table, []), root.id);
  deaths[0]!(new ExecutionError("died", "for this test"));
  const service = { threadId, execution, durableFinal: { id: root.id } };
  const dependencies = {
    ...{ genesis: { executor: "tvm" }, networkId, table, threads: new Map([[threadId, service]]) },
    ...{ store: { repository: null }, desk: null, clock, events: createNodeEventLog(clock.nowMs()) },
  };
  return new KeeperBackend(dependencies as unknown as BackendDependencies);
}

describe("a read of state", () => {
  it("reads answer 503 while the worker is replaced", async () => {
    const backend = await backendWithoutWorker();
    const reads = [
      backend.account(ACCOUNT, "final"),
      backend.totals(threadId),
      backend.ton!.runGetMethod({ account: ACCOUNT, methodId: 1, stack: new Uint8Array(0) }),
    ];
    for (const read of reads) {
      const error = await read.then(
        () => null,
        (cause: unknown) => cause,
      );
      expect(error).toBeInstanceOf(ApiRefusal);
      expect(error).toMatchObject({ code: "unavailable", statusCode: 503, retryAfterSeconds: 1 });
    }
  });

  it("that asks for what is not there stays a failure of this node", async () => {
    const error = new ExecutionError("unknownState", "no such block");
    await expect(executionRead(Promise.reject(error))).rejects.toBe(error);
  });
});
