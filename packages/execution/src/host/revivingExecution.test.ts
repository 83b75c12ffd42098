import { type BlockId, silentLogger, unwrap, ZERO_BLOCK_ID } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { afterEach, describe, expect, it } from "vitest";
import { ledgerExecutorSource } from "../ledger/ledgerExecutor.js";
import { describeThreadExecution, type ThreadExecutionFixture } from "../testing/describeThreadExecution.js";
import { ENDLESS_AMOUNT, FATAL_AMOUNT, fragileExecutorSource } from "../testing/fragileExecutor.js";
import { ledgerFixture } from "../testing/ledgerFixture.js";
import { GENESIS_TIME_MS, TEST_FEE, TEST_NETWORK } from "../testing/ledgerWorld.js";
import type { BuildRequest, ExecutionError, ThreadExecution } from "../threadExecution.js";
import { createRevivingExecution } from "./revivingExecution.js";
import { createWorkerExecution } from "./workerExecution.js";

const ledger = { networkId: TEST_NETWORK, transferFee: TEST_FEE };

describeThreadExecution("reviving", (): ThreadExecutionFixture => {
  const fixture = ledgerFixture();
  const { threadId, world } = fixture;
  const executor = ledgerExecutorSource(ledger);
  return {
    ...fixture,
    open: (clock, options) =>
      createRevivingExecution(
        {},
        {
          open: () =>
            createWorkerExecution(
              { threadId, threadsTable: world.threadsTable, ...options },
              { executor, clock, logger: silentLogger },
            ),
          reload: () => Promise.reject(new Error("nothing dies here")),
          clock: new ManualClock(),
          logger: silentLogger,
        },
      ),
  };
});

/** A ledger on a worker with bugs, which is replaced by one loaded with the genesis. */
function fragile(deathsMax: number): {
  readonly fixture: ReturnType<typeof ledgerFixture>;
  readonly execution: ThreadExecution;
  readonly clock: ManualClock;
  readonly transfer: (amount: bigint) => Uint8Array;
  readonly request: (messages: readonly Uint8Array[], parent?: BuildRequest["parent"]) => BuildRequest;
  /** Resolves when the execution answers again. */
  readonly revived: () => Promise<void>;
} {
  const fixture = ledgerFixture();
  const { threadId, world, genesis } = fixture;
  const clock = new ManualClock(GENESIS_TIME_MS);
  const execution = createRevivingExecution(
    { deathsMax },
    {
      open: () =>
        createWorkerExecution(
          { threadId, threadsTable: world.threadsTable },
          { executor: fragileExecutorSource(ledger), clock, logger: silentLogger },
        ),
      reload: async (fresh) => void (await fresh.load(genesis, ZERO_BLOCK_ID)),
      clock,
      logger: silentLogger,
    },
  );
  const [from, to] = world.usersOf(threadId) as [(typeof world.users)[0], (typeof world.users)[0]];
  let nonce = 0n;
  return {
    fixture,
    execution,
    clock,
    transfer: (amount) => world.transfer(from, to.id, { amount, nonce: nonce++ }),
    request: (messages, parent = { block: ZERO_BLOCK_ID }) => ({
      parent,
      context: fixture.context(1),
      limits: fixture.limits,
      imports: [],
      messages,
    }),
    revived: async () => {
      for (;;) {
        const answer = await execution.totals().catch((error: unknown) => error as ExecutionError);
        if (!(answer instanceof Error)) return;
        expect(answer.retryable, answer.message).toBe(true);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

describe("an execution whose worker dies", () => {
  const opened: ThreadExecution[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((execution) => execution.close())));
  const start = async (deathsMax = 10): Promise<ReturnType<typeof fragile>> => {
    const made = fragile(deathsMax);
    opened.push(made.execution);
    await made.execution.load(made.fixture.genesis, ZERO_BLOCK_ID);
    return made;
  };

  it("is replaced: what was under way says to ask again, and the next call is answered", async () => {
    const { execution, transfer, request, revived } = await start();
    let lost = 0;
    execution.onLost(() => lost++);
    await expect(execution.build(request([transfer(FATAL_AMOUNT)]))).rejects.toMatchObject({
      code: "died",
      retryable: true,
    });
    await revived();
    expect(lost).toBe(1);
    const built = unwrap(await execution.build(request([transfer(5n)])));
    expect(built.results.map(({ type }) => type)).toEqual(["included"]);
  });

  it("never takes a build of before for one of after", async () => {
    const { execution, transfer, request, revived } = await start();
    const before = unwrap(await execution.build(request([transfer(1n)])));
    await expect(execution.build(request([transfer(FATAL_AMOUNT)]))).rejects.toMatchObject({ code: "died" });
    await revived();
    const after = unwrap(await execution.build(request([transfer(2n)])));
    expect(after.ref).not.toEqual(before.ref);
    expect(await execution.holds(before.ref)).toBe(false);
    await expect(execution.build(request([], before.ref))).rejects.toMatchObject({ code: "unknownState" });
    execution.release([before.ref]);
    execution.bind(before.ref, "ab".repeat(32) as BlockId);
    expect(await execution.holds({ block: "ab".repeat(32) as BlockId })).toBe(false);
    expect(await execution.holds(after.ref)).toBe(true);
  });

  it("is replaced also when it hangs", async () => {
    const { execution, clock, transfer, request, revived } = await start();
    const build = execution.build(request([transfer(ENDLESS_AMOUNT)])).catch((error: unknown) => error);
    for (let i = 0; i < 16; i++) clock.advance(1_000);
    expect(await build).toMatchObject({ code: "died" });
    await revived();
    expect((await execution.build(request([transfer(3n)]))).ok).toBe(true);
  });

  it("ends when it dies again and again", async () => {
    const deathsMax = 2;
    const { execution, transfer, request, revived } = await start(deathsMax);
    const ends: ExecutionError[] = [];
    execution.onDied((error) => ends.push(error));
    for (let i = 0; i < deathsMax; i++) {
      await execution.build(request([transfer(FATAL_AMOUNT)])).catch(() => undefined);
      await revived();
    }
    expect(ends).toEqual([]);
    await execution.build(request([transfer(FATAL_AMOUNT)])).catch(() => undefined);
    expect(ends.map(({ code }) => code)).toEqual(["died"]);
  });
});

describe("a build with a time", () => {
  const opened: ThreadExecution[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((execution) => execution.close())));
  const start = async (deathsMax = 10): Promise<ReturnType<typeof fragile>> => {
    const made = fragile(deathsMax);
    opened.push(made.execution);
    await made.execution.load(made.fixture.genesis, ZERO_BLOCK_ID);
    return made;
  };

  it("takes the first message and leaves the others when its budget is over, so that every block gets further", async () => {
    const { execution, clock, transfer, request } = await start();
    const messages = Array.from({ length: 300 }, (_, i) => transfer(BigInt(i + 1)));
    const build = execution.build({ ...request(messages), time: { budgetMs: 0, messageMs: 1_000 } });
    clock.advance(1);
    const { results } = unwrap(await build);
    expect(results).toHaveLength(300);
    expect(results[0]).toMatchObject({ type: "included" });
    expect(results.at(-1)).toEqual({ type: "left" });
    const again = unwrap(await execution.build(request(messages)));
    expect(
      again.results.every(({ type }) => type === "included"),
      "the next build has its own time",
    ).toBe(true);
  });

  it("ends over a message that runs for too long, names it, and holds that against nobody", async () => {
    const { execution, clock, transfer, request, revived } = await start(0);
    const messages = [transfer(1n), transfer(2n), transfer(ENDLESS_AMOUNT), transfer(3n)];
    const build = execution
      .build({ ...request(messages), time: { budgetMs: 60_000, messageMs: 1_000 } })
      .catch((error: unknown) => error);
    let isOver = false;
    void build.then(() => (isOver = true));
    // The worker runs in real time, and gets some of it between two looks.
    while (!isOver) {
      clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await build).toMatchObject({ code: "died", retryable: true, culprit: { index: 2, cause: "tooLong" } });
    await revived();
    expect((await execution.build(request([]))).ok).toBe(true);
  });

  it("names also the message that ends its worker", async () => {
    const { execution, transfer, request } = await start();
    const build = execution.build(request([transfer(1n), transfer(FATAL_AMOUNT)]));
    await expect(build).rejects.toMatchObject({ code: "died", culprit: { index: 1, cause: "died" } });
  });
});
