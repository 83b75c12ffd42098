import { type BlockId, silentLogger, ZERO_BLOCK_ID } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { ledgerExecutorSource } from "../ledger/ledgerExecutor.js";
import { describeThreadExecution, type ThreadExecutionFixture } from "../testing/describeThreadExecution.js";
import { ledgerFixture } from "../testing/ledgerFixture.js";
import { GENESIS_TIME_MS, TEST_FEE, TEST_NETWORK } from "../testing/ledgerWorld.js";
import type { ExecutionError } from "../threadExecution.js";
import { createWorkerExecution } from "./workerExecution.js";

const executor = ledgerExecutorSource({ networkId: TEST_NETWORK, transferFee: TEST_FEE });
const clock = new ManualClock(GENESIS_TIME_MS);

function workerFixture(): ThreadExecutionFixture {
  const fixture = ledgerFixture();
  const { threadId, world } = fixture;
  return {
    ...fixture,
    open: (fixtureClock, options) =>
      createWorkerExecution(
        { threadId, threadsTable: world.threadsTable, ...options },
        { executor, clock: fixtureClock, logger: silentLogger },
      ),
  };
}

describeThreadExecution("worker", workerFixture);

describe("worker execution", () => {
  it("tells once that its worker died, and rejects what was pending with an error that says to retry", async () => {
    const { threadId, world, genesis } = ledgerFixture();
    // A source that hangs no one up: an engine whose module is missing ends the worker at once.
    const broken = { ...executor, module: "file:///no/such/engine.js" };
    const execution = createWorkerExecution(
      { threadId, threadsTable: world.threadsTable },
      { executor: broken, clock, logger: silentLogger },
    );
    const told: ExecutionError[] = [];
    execution.onDied((error) => told.push(error));
    await expect(execution.load(genesis, ZERO_BLOCK_ID)).rejects.toMatchObject({ code: "died", retryable: true });
    await expect(execution.totals()).rejects.toMatchObject({ code: "died" });
    await execution.close();
    expect(told.map(({ code }) => code)).toEqual(["died"]);
  });

  it("dies when what its workers share cannot be made", async () => {
    const { threadId, world, genesis } = ledgerFixture();
    const broken = { ...executor, shared: () => Promise.reject(new Error("no such code")) };
    const execution = createWorkerExecution(
      { threadId, threadsTable: world.threadsTable },
      { executor: broken, clock, logger: silentLogger },
    );
    await expect(execution.load(genesis, ZERO_BLOCK_ID)).rejects.toMatchObject({
      code: "died",
      message: "what the execution workers share could not be made",
      cause: { message: "no such code" },
    });
    await execution.close();
  });

  it("puts a build before admissions that were asked for earlier", async () => {
    const fixture = workerFixture();
    const execution = fixture.open(clock);
    await execution.load(fixture.genesis, ZERO_BLOCK_ID);
    const done: string[] = [];
    const admitted = execution.admit(fixture.messages(600)).then(() => done.push("admit"));
    const request = { context: fixture.context(1), limits: fixture.limits, imports: [], messages: fixture.messages(5) };
    const built = execution.build({ ...request, parent: { block: ZERO_BLOCK_ID } }).then(() => done.push("build"));
    await Promise.all([admitted, built]);
    expect(done).toEqual(["build", "admit"]);
    await execution.close();
  });

  it("says overloaded when too many calls wait, but never loses a binding", async () => {
    const { threadId, world, genesis, ...fixture } = workerFixture() as ReturnType<typeof ledgerFixture> &
      ThreadExecutionFixture;
    const options = { threadId, threadsTable: world.threadsTable, waitingMax: 4 };
    const execution = createWorkerExecution(options, { executor, clock, logger: silentLogger });
    await execution.load(genesis, ZERO_BLOCK_ID);
    const request = {
      parent: { block: ZERO_BLOCK_ID },
      context: fixture.context(1),
      limits: fixture.limits,
      imports: [],
      messages: [],
    };
    const built = await execution.build(request);
    const calls = Array.from({ length: 10 }, () =>
      execution.totals().then(
        () => "answered",
        (error: unknown) => (error as ExecutionError).code,
      ),
    );
    const blockId = "ab".repeat(32) as BlockId;
    if (built.ok) execution.bind(built.value.ref, blockId);
    const outcomes = await Promise.all(calls);
    expect(outcomes.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => "answered"));
    expect(outcomes.slice(6)).toEqual(Array.from({ length: 4 }, () => "overloaded"));
    expect(await execution.holds({ block: blockId })).toBe(true);
    await execution.close();
  });

  it("sends only the bytes of a view, not the frame behind it", async () => {
    const fixture = workerFixture();
    const execution = fixture.open(clock);
    await execution.load(fixture.genesis, ZERO_BLOCK_ID);
    const frame = new Uint8Array(1024 * 1024);
    const [message] = fixture.messages(1) as [Uint8Array];
    frame.set(message, 1_000);
    const view = frame.subarray(1_000, 1_000 + message.length);
    expect(await execution.admit([view])).toEqual([null]);
    expect(frame.buffer.byteLength, "the caller keeps its buffer").toBe(1024 * 1024);
    await execution.close();
  });
});
