import { attest, certify, createTestNetwork, switchTo, TestChain } from "@sealwright/consensus/testing";
import { height, signerIndex } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { carrierOf } from "./carrierOf.js";

const { rules, root } = createTestNetwork(4);

/** Looks at the chain's block of a height. */
function carrierAt(chain: TestChain, at: number) {
  const { id: blockId, height } = chain.facts[at]!;
  return carrierOf(
    { blockId, height },
    {
      keepers: rules.keepers,
      tipHeight: chain.tip.height,
      blockAt: (wanted) => Promise.resolve(chain.blocks[Number(wanted) - 1] ?? null),
    },
  );
}

const signers = [0, 1, 2].map(signerIndex);

describe("carrierOf", () => {
  it("is the lowest block above that carries the quorum, and tells whom that names", async () => {
    const chain = new TestChain(rules, root);
    chain.grow();
    const carrier = chain.growCertified();
    chain.growCertified();
    expect(await carrierAt(chain, 1)).toEqual({ carriedBy: carrier.id, signers });
    expect(await carrierAt(chain, 3)).toEqual({ carriedBy: null, signers: [] });
  });

  it("[S5] is the first block of a term, for the quorum inside its switch certificate and for all ancestors", async () => {
    const chain = new TestChain(rules, root);
    chain.grow();
    const certified = chain.grow();
    const first = chain.grow({ round: 1, switchCertificate: switchTo(rules, certified, 1n) });
    expect(await carrierAt(chain, 2)).toEqual({ carriedBy: first.id, signers });
    expect(await carrierAt(chain, 1)).toEqual({ carriedBy: first.id, signers: [] });
  });

  it("is not a block that carries fewer attestations than a quorum, though those count as attesting it", async () => {
    const chain = new TestChain(rules, root);
    const block = chain.grow();
    chain.grow({ attestations: [attest(block, [3])] });
    const carrier = chain.grow({ attestations: [certify(rules, chain.tip)] });
    expect(await carrierAt(chain, 1)).toEqual({ carriedBy: carrier.id, signers: [signerIndex(3)] });
  });

  it("passes over a block that is not at hand", async () => {
    const chain = new TestChain(rules, root);
    const { id: blockId } = chain.grow();
    chain.grow();
    const carrier = chain.growCertified();
    const blockAt = (wanted: bigint) =>
      Promise.resolve(wanted === 2n ? null : (chain.blocks[Number(wanted) - 1] ?? null));
    const found = await carrierOf(
      { blockId, height: height(1) },
      { keepers: rules.keepers, tipHeight: chain.tip.height, blockAt },
    );
    expect(found.carriedBy).toBe(carrier.id);
  });
});
