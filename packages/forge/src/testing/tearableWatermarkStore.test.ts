import { unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { planSigning } from "../requests/forgeRequest.js";
import type { Claim } from "../watermarks/marks.js";
import { describeWatermarkStore } from "./describeWatermarkStore.js";
import { attestationRequest, lockRequest, testKey } from "./requests.js";
import { TearableLog } from "./tearableLog.js";
import { TearableWatermarkStore, type WriteSynced } from "./tearableWatermarkStore.js";

const KEY = testKey(1);
const lock = (term: number): Claim =>
  planSigning(lockRequest(KEY, { term, qcTerm: 0, qcHeight: 0, qcBlock: "g" }), null).claim!;
const vote = (term: number, height: number): Claim =>
  planSigning(attestationRequest(KEY, { term, height, block: `${height}` }), null).claim!;

const disks = new Map<object, TearableLog>();

async function open(log: TearableLog, write: WriteSynced = () => undefined): Promise<TearableWatermarkStore> {
  const store = unwrap(await TearableWatermarkStore.open(log, { write, beforeCut: () => Promise.resolve() }));
  disks.set(store, log);
  return store;
}

describeWatermarkStore("on a simulated disk", {
  create: () => open(new TearableLog()),
  reopen: async (store) => {
    await store.close();
    return open(disks.get(store)!);
  },
});

/** A log with one vote on it, and another one under way that nobody finishes. */
async function underWay(): Promise<TearableLog> {
  const log = new TearableLog();
  await (await open(log)).guard(vote(1, 1));
  const store = await open(log, () => new Promise(() => undefined));
  void store.guard(vote(1, 2));
  await Promise.resolve();
  await Promise.resolve();
  return log;
}

const kindOf = async (store: TearableWatermarkStore, claim: Claim): Promise<string> => {
  const answer = await store.guard(claim);
  if (answer.ok) return answer.value.kind;
  return answer.error.kind === "refused" ? answer.error.refusal.code : answer.error.failure.code;
};

describe("a simulated disk on which the power goes", () => {
  it.each([
    { name: "the first sector", reaches: [true, false], torn: true },
    { name: "the second sector", reaches: [false, true], torn: true },
    { name: "nothing", reaches: [false, false], torn: false },
  ])("[§9] has $name of the commit under way, and the next start knows what was promised before it", async (cut) => {
    const log = await underWay();
    const reaches = [...cut.reaches];
    log.powerCut(() => reaches.shift()!);
    const store = await open(log);
    expect(store.tornBytes > 0).toBe(cut.torn);
    expect(await kindOf(store, vote(1, 1))).toBe("again");
    expect(await kindOf(store, vote(1, 2))).toBe("first");
    expect((await open(log)).tornBytes, "it was cut").toBe(0);
  });

  it("may have all of the commit under way, of which nobody was told", async () => {
    const log = await underWay();
    log.powerCut(() => true);
    const store = await open(log);
    expect(store.tornBytes).toBe(0);
    expect(await kindOf(store, vote(1, 2))).toBe("again");
  });

  it("[§9] tells of a torn tail before it cuts it", async () => {
    const log = await underWay();
    log.powerCut(oneOfTwo());
    const opening = TearableWatermarkStore.open(log, {
      write: () => undefined,
      beforeCut: () => Promise.reject(new Error("the power went again")),
    });
    await expect(opening).rejects.toThrow("the power went again");
    expect((await open(log)).tornBytes).toBeGreaterThan(0);
  });

  it("[I12] is trusted no more after a write that failed", async () => {
    const log = new TearableLog();
    let isFull = true;
    const store = await open(log, () => (isFull ? Promise.reject(new Error("no space")) : undefined));
    expect(await kindOf(store, lock(1))).toBe("storeFailed");
    isFull = false;
    expect(await kindOf(store, lock(2))).toBe("storeFailed");
    expect(store.health().ok).toBe(false);
    log.powerCut(() => false);
    expect(await kindOf(await open(log), lock(1))).toBe("first");
  });
});

function oneOfTwo(): () => boolean {
  let asked = 0;
  return () => asked++ % 2 === 0;
}
