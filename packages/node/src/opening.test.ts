import { createRevivingExecution, createWorkerExecution, ledgerExecutorSource } from "@sealwright/execution";
import {
  createThreadsTable,
  DEFAULT_THREAD_ID,
  networkIdFromBytes,
  sha256,
  silentLogger,
  type StateChange,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { Opening, OpeningAborted } from "./opening.js";
import { systemClock } from "./world/systemClock.js";

describe("what was opened so far", () => {
  it("is closed from the last to the first, also around something that cannot be closed, which is told", async () => {
    const closed: string[] = [];
    const opening = new Opening();
    for (const part of ["disk", "worker", "socket"])
      opening.opened(() => {
        closed.push(part);
        return part === "worker" ? Promise.reject(new Error("the worker hangs")) : Promise.resolve();
      });
    await expect(opening.undo()).rejects.toThrow("the worker hangs");
    expect(closed).toEqual(["socket", "worker", "disk"]);
    await opening.undo();
    expect(closed).toHaveLength(3);
  });

  it("goes on while nobody calls it off, and no step begins after that", async () => {
    const calling = new AbortController();
    const opening = new Opening(calling.signal);
    opening.throwIfAborted();
    expect(await opening.breakable(() => Promise.resolve("loaded"), neverBroken)).toBe("loaded");
    calling.abort("too long");
    expect(() => opening.throwIfAborted()).toThrow(OpeningAborted);
    const late = opening.breakable(() => Promise.reject(new Error("it began")), neverBroken);
    await expect(late).rejects.toMatchObject({ name: "OpeningAborted", cause: "too long" });
  });

  it("breaks a long step off when it is called off, and waits until that has ended", async () => {
    const calling = new AbortController();
    let endStep = (_error: Error): void => undefined;
    const step = new Promise<never>((_resolve, reject) => (endStep = reject));
    const order: string[] = [];
    const broken = new Opening(calling.signal)
      .breakable(
        () => step,
        () => Promise.resolve(void order.push("broken off")),
      )
      .catch((error: unknown) => order.push((error as Error).name));
    calling.abort();
    await Promise.resolve();
    order.push("step ends");
    endStep(new Error("closed"));
    await broken;
    expect(order).toEqual(["broken off", "step ends", "OpeningAborted"]);
  });

  it("breaks off a state that is being loaded into a worker, and reads no further", async () => {
    const calling = new AbortController();
    const executor = ledgerExecutorSource({
      networkId: networkIdFromBytes(sha256(new Uint8Array(1))),
      transferFee: 1n,
    });
    const options = { threadId: DEFAULT_THREAD_ID, threadsTable: createThreadsTable(1, ZERO_BLOCK_ID) };
    const world = { clock: systemClock, logger: silentLogger };
    await using execution = createRevivingExecution(
      {},
      { ...world, open: () => createWorkerExecution(options, { ...world, executor }), reload: () => Promise.resolve() },
    );
    let isRead = true;
    async function* endless(): AsyncGenerator<StateChange> {
      try {
        for (let i = 0; ; i++) {
          if (i === 4) calling.abort();
          yield await Promise.resolve({ key: Uint8Array.of(1, i), value: new Uint8Array(512 * 1024) });
        }
      } finally {
        isRead = false;
      }
    }
    const loading = new Opening(calling.signal).breakable(
      () => execution.load(endless(), ZERO_BLOCK_ID),
      () => execution.close(),
    );
    await expect(loading).rejects.toBeInstanceOf(OpeningAborted);
    expect(isRead).toBe(false);
  });

  it("says of a long step that fails by itself why it failed", async () => {
    const opening = new Opening(new AbortController().signal);
    const step = opening.breakable(() => Promise.reject(new Error("damaged")), neverBroken);
    await expect(step).rejects.toThrow("damaged");
  });
});

const neverBroken = (): Promise<void> => Promise.reject(new Error("nobody asked for that"));
