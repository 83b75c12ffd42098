import { DEFAULT_THREAD_ID, unwrap } from "@sealwright/types";
import { afterEach, describe, expect, it } from "vitest";
import type { TezosKeyHash } from "../keyId.js";
import { planSigning } from "../requests/forgeRequest.js";
import type { SealwrightRequest } from "../requests/sealwrightRequest.js";
import type { Claim } from "../watermarks/marks.js";
import type { TezosMarkKind } from "../watermarks/tezosMarks.js";
import type { WatermarkStore } from "../watermarks/watermarkStore.js";
import { attestationRequest, blockRequest, lockRequest, type TEST_NETWORK, testKey } from "./requests.js";

/** How a suite gets at one place where marks are kept. */
export interface WatermarkStoreHarness {
  /** A fresh, empty place. */
  create(): Promise<WatermarkStore>;
  /** Closes the store and opens the same place again; null where nothing outlives closing. */
  reopen: ((store: WatermarkStore) => Promise<WatermarkStore>) | null;
}

const KEY = testKey(1);
const TEZOS_KEY = "tz1M3kiQUMPcTseo72i1twdiV4iTY5yiGNSz" as TezosKeyHash;

function claimOf(request: SealwrightRequest): Claim {
  const { claim } = planSigning(request, null);
  if (claim === null) throw new TypeError(`${request.kind} is not guarded`);
  return claim;
}

function tezosClaim(type: TezosMarkKind, level: number, round: number, name: string): Claim {
  const digest = Buffer.from(name.padEnd(32, ".")).toString("hex");
  return {
    scope: { chain: "tezos", chainId: "NetXdQprcVkpaWU", key: TEZOS_KEY },
    claim: { type, level, round, digest, signature: null },
  };
}

/** What every store of marks promises. */
export function describeWatermarkStore(name: string, harness: WatermarkStoreHarness): void {
  describe(`${name} as a watermark store`, () => {
    const opened: WatermarkStore[] = [];

    async function create(): Promise<WatermarkStore> {
      const store = await harness.create();
      opened.push(store);
      return store;
    }

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()));
    });

    async function said(store: WatermarkStore, claim: Claim): Promise<string> {
      const answer = await store.guard(claim);
      if (answer.ok) return answer.value.kind;
      return answer.error.kind === "refused" ? answer.error.refusal.code : answer.error.failure.code;
    }

    it("[I3] allows a first time, repeats the same and refuses another", async () => {
      const store = await create();
      expect(await said(store, claimOf(blockRequest(KEY, { term: 0, height: 1, block: "a" })))).toBe("first");
      expect(await said(store, claimOf(blockRequest(KEY, { term: 0, height: 1, block: "a" })))).toBe("again");
      expect(await said(store, claimOf(blockRequest(KEY, { term: 0, height: 1, block: "b" })))).toBe(
        "conflictingBlock",
      );
    });

    it("refuses with the record that refused", async () => {
      const store = await create();
      await store.guard(claimOf(lockRequest(KEY, { term: 5, qcTerm: 0, qcHeight: 0, qcBlock: "g" })));
      const answer = await store.guard(claimOf(attestationRequest(KEY, { term: 4, height: 9, block: "a" })));
      expect(answer).toMatchObject({
        ok: false,
        error: { kind: "refused", refusal: { code: "belowLock", recorded: { term: "5" } } },
      });
    });

    it("keeps keys, networks and kinds apart", async () => {
      const store = await create();
      const other = {
        ...blockRequest(KEY, { term: 0, height: 1, block: "b" }),
        networkId: DEFAULT_THREAD_ID.slice(0, 64) as typeof TEST_NETWORK,
      };
      expect(await said(store, claimOf(blockRequest(KEY, { term: 0, height: 1, block: "a" })))).toBe("first");
      expect(await said(store, claimOf(blockRequest(testKey(2), { term: 0, height: 1, block: "b" })))).toBe("first");
      expect(await said(store, claimOf(other))).toBe("first");
      expect(await said(store, claimOf(attestationRequest(KEY, { term: 0, height: 1, block: "b" })))).toBe("first");
    });

    it("decides calls of one key in the order in which they were made, also when none waits for the other", async () => {
      const store = await create();
      const answers = await Promise.all(
        ["a", "b", "a"].map((block) => said(store, claimOf(blockRequest(KEY, { term: 0, height: 1, block })))),
      );
      expect(answers).toEqual(["first", "conflictingBlock", "again"]);
    });

    it("takes many keys at once", async () => {
      const store = await create();
      const answers = await Promise.all(
        Array.from({ length: 300 }, (_, i) =>
          said(store, claimOf(attestationRequest(testKey(i), { term: 0, height: 1, block: "a" }))),
        ),
      );
      expect(new Set(answers)).toEqual(new Set(["first"]));
      expect(unwrap(await store.scopes())).toHaveLength(300);
    });

    it("holds Tezos kinds by level and round, each by itself", async () => {
      const store = await create();
      const answers: string[] = [];
      for (const claim of [
        tezosClaim("block", 10, 0, "a"),
        tezosClaim("preattestation", 10, 0, "a"),
        tezosClaim("attestation", 10, 2, "a"),
        tezosClaim("attestation", 10, 2, "b"),
        tezosClaim("attestation", 10, 1, "c"),
        tezosClaim("attestation", 11, 0, "d"),
        tezosClaim("attestation", 10, 9, "e"),
      ]) {
        answers.push(await said(store, claim));
      }
      expect(answers).toEqual([
        "first",
        "first",
        "first",
        "previouslySigned",
        "belowWatermark",
        "first",
        "belowWatermark",
      ]);
    });

    it("gives the stored signature to whoever asks for the same bytes again", async () => {
      const store = await create();
      const claim = tezosClaim("block", 10, 0, "a");
      await store.guard(claim);
      store.remember(claim, new Uint8Array(64).fill(9));
      expect(await store.guard(claim)).toEqual({
        ok: true,
        value: { kind: "again", signature: new Uint8Array(64).fill(9) },
      });
    });

    it("raises marks, and lowers none", async () => {
      const store = await create();
      const { scope } = tezosClaim("block", 0, 0, "");
      const at = (level: number) => [
        { chain: "tezos", record: { type: "block", level, round: 0, digest: null, signature: null } } as const,
      ];
      unwrap(await store.raise(scope, at(20)));
      unwrap(await store.raise(scope, at(10)));
      expect(await said(store, tezosClaim("block", 20, 0, "a"))).toBe("previouslySigned");
      expect(await said(store, tezosClaim("block", 20, 1, "a"))).toBe("first");
    });

    it("says storeClosed after its end, which may come twice", async () => {
      const store = await create();
      await store.close();
      await store.close();
      expect(await said(store, tezosClaim("block", 1, 0, "a"))).toBe("storeClosed");
      expect(store.health()).toMatchObject({ ok: false, failure: { code: "storeClosed" } });
    });

    const { reopen } = harness;
    if (reopen === null) return;

    it("[I3] knows after a restart what it was told before", async () => {
      let store = await create();
      await store.guard(claimOf(blockRequest(KEY, { term: 2, height: 8, block: "a", round: 2 })));
      await store.guard(
        claimOf(attestationRequest(KEY, { term: 2, height: 8, block: "a", highestQcRank: claimRank(2, 7) })),
      );
      await store.guard(tezosClaim("attestation", 7, 3, "a"));
      store = await reopen(store);
      opened.push(store);
      expect(await said(store, claimOf(blockRequest(KEY, { term: 2, height: 8, block: "a", round: 2 })))).toBe("again");
      expect(await said(store, claimOf(blockRequest(KEY, { term: 2, height: 9, block: "b", round: 2 })))).toBe(
        "secondFirstOfTerm",
      );
      expect(await said(store, claimOf(attestationRequest(KEY, { term: 2, height: 8, block: "b" })))).toBe(
        "conflictingAttestation",
      );
      expect(await said(store, claimOf(lockRequest(KEY, { term: 3, qcTerm: 2, qcHeight: 6, qcBlock: "x" })))).toBe(
        "lockQcBelowRecorded",
      );
      expect(await said(store, tezosClaim("attestation", 7, 3, "b"))).toBe("previouslySigned");
    });
  });
}

function claimRank(
  term: number,
  height: number,
): NonNullable<Parameters<typeof attestationRequest>[1]["highestQcRank"]> {
  return { term: BigInt(term), height: BigInt(height) } as NonNullable<
    Parameters<typeof attestationRequest>[1]["highestQcRank"]
  >;
}
