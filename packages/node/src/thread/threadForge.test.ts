import { createTestNetwork } from "@sealwright/consensus/testing";
import { startForgeWorker, type StoreFailure } from "@sealwright/forge";
import { ManualClock, ProbeSigner, RecordingWatermarkStore, testKey } from "@sealwright/forge/testing";
import { height, round, term, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { ThreadForge } from "./threadForge.js";
import type { ThreadOptions } from "./threadOptions.js";

const { rules, root } = createTestNetwork(4);
const KEY = testKey(1);
const logger = { log: () => undefined };

/** One thread's forge over watermarks that a test may break. */
async function open(): Promise<{ forge: ThreadForge; watermarks: RecordingWatermarkStore; failures: unknown[] }> {
  const watermarks = new RecordingWatermarkStore();
  const signers = [new ProbeSigner([KEY])];
  const worker = unwrap(await startForgeWorker({}, { signers, watermarks, clock: new ManualClock(), logger }));
  const failures: unknown[] = [];
  const options = { rules, key: KEY } as ThreadOptions;
  const forge = new ThreadForge(options, { forge: worker, logger, fail: (error) => failures.push(error) });
  return { forge, watermarks, failures };
}

function claimAt(at: number): Parameters<ThreadForge["seal"]>[0] {
  return { threadId: rules.threadId, term: term(0), height: height(at), round: round(0), blockId: root.id };
}

describe("the forge of a thread", () => {
  it("[§9] stops the node when the watermarks have failed for good: nothing will be signed until they are read anew", async () => {
    for (const code of ["storeFailed", "storeClosed"] as const) {
      const { forge, watermarks, failures } = await open();
      const failure: StoreFailure = { code, message: "the disk is gone", retryable: false };
      watermarks.failWith(failure);
      expect(await forge.seal(claimAt(1))).toEqual({ type: "failed", code });
      expect(failures).toMatchObject([{ message: "the disk is gone" }]);
    }
  });

  it("asks again after what may pass: a full disk, a lease that another holds, a signer that is away", async () => {
    const { forge, watermarks, failures } = await open();
    for (const code of ["storeFailed", "notLeaseHolder"] as const) {
      watermarks.failWith({ code, message: "not now", retryable: true });
      expect(await forge.seal(claimAt(1))).toEqual({ type: "failed", code });
    }
    watermarks.failWith(null);
    expect(await forge.seal(claimAt(1))).toMatchObject({ type: "signed" });
    expect(failures).toEqual([]);
  });

  it("takes a refusal for final, and goes on", async () => {
    const { forge, failures } = await open();
    await forge.seal(claimAt(2));
    expect(await forge.seal(claimAt(1))).toEqual({ type: "refused", code: "belowBlock" });
    expect(failures).toEqual([]);
  });
});
