import { attest, createTestNetwork, sealTestBlock, TestChain } from "@sealwright/consensus/testing";
import { BLS_ITEMS_MAX, type BlsVerifier } from "@sealwright/crypto";
import { describe, expect, it } from "vitest";
import { SignatureDesk } from "./signatureDesk.js";

const KEEPERS = 400;
const { rules, root } = createTestNetwork(KEEPERS);

describe("checking a block's signatures", () => {
  it("[I12] asks for no job that is larger than a worker takes, however many votes the block carries", async () => {
    const chain = new TestChain(rules, root);
    const vote = attest(
      chain.grow(),
      Array.from({ length: KEEPERS }, (_, i) => i),
    );
    const attestations = Array.from({ length: 60 }, (_, i) => ({ ...vote, signature: new Uint8Array(96).fill(i) }));
    const { block } = sealTestBlock(rules, chain.tip, { attestations });
    const jobs: number[] = [];
    const verifier = {
      verifyBatch: (sets: readonly { readonly publicKeys: readonly Uint8Array[] }[]) => {
        jobs.push(sets.reduce((sum, { publicKeys }) => sum + publicKeys.length, 0));
        return Promise.resolve([]);
      },
    } as unknown as BlsVerifier;
    expect(await new SignatureDesk({ verifier }).checkBlock(rules, block)).toBe(true);
    expect(jobs.reduce((sum, items) => sum + items, 0)).toBe(60 * KEEPERS + 1);
    expect(Math.max(...jobs)).toBeLessThanOrEqual(BLS_ITEMS_MAX);
  });
});
