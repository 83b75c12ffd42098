import { certify, createTestNetwork, sealTestBlock, switchTo, TestChain } from "@sealwright/consensus/testing";
import { height, round, sealBlock, type SealedBlock } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { KeeperWorld } from "../testing/index.js";

const { rules, root } = createTestNetwork(4);

/** In term 0: the third block's certificate makes the first one final. */
const chain = new TestChain(rules, root);
chain.grow();
chain.growCertified();
chain.growCertified();
const [first, second, third] = chain.blocks as [SealedBlock, SealedBlock, SealedBlock];

/** Opens `term` on a block of the chain, as q Locks that name its certificate allow. */
function opening(term: bigint, at: number): SealedBlock {
  const parent = chain.facts[at]!;
  const switchCertificate = switchTo(rules, parent, term);
  return sealTestBlock(rules, parent, { round: Number(term - parent.term), switchCertificate }).block;
}

function withFinals(count: 1 | 2): KeeperWorld {
  const world = new KeeperWorld(rules, root);
  for (const block of [first, second, third]) world.apply(block);
  if (count === 2)
    world.dispatch({ type: "certificateVerified", certificate: certify(rules, chain.facts[3]!), from: null });
  expect(world.state.final.height).toBe(BigInt(count));
  world.effects.length = 0;
  return world;
}

describe("a good switch certificate that leaves a final block aside", () => {
  it("[F3] stops the keeper, which keeps the block", () => {
    for (const at of [0, 1]) {
      const world = withFinals(2);
      const rival = opening(1n, at);
      expect(world.take(rival)).toContainEqual({ type: "checkSignatures", block: rival });
      world.dispatch({ type: "signaturesChecked", blockId: rival.id, valid: true });
      expect(world.state.halted).toContain("leaves final blocks aside");
      expect(world.notices()).toEqual(["halted"]);
      expect(world.all("commit").map(({ blocks }) => blocks)).toEqual([[rival]]);
    }
  });

  it("[F3] stops the keeper also when it was here before the block became final", () => {
    const world = withFinals(1);
    const rival = opening(1n, 1);
    world.apply(rival);
    expect(world.state.halted).toBeNull();
    world.dispatch({ type: "certificateVerified", certificate: certify(rules, chain.facts[3]!), from: null });
    expect(world.state.final.height).toBe(2n);
    expect(world.state.halted).toContain("leaves final blocks aside");
  });

  it("[F3, I12] costs its sender the link and nothing more when its signatures are bad, and is checked a few at a time", () => {
    const world = withFinals(2);
    const rivals = [1n, 2n, 3n, 4n, 5n, 6n].map((term) => opening(term, 0));
    for (const rival of rivals) world.take(rival);
    expect(world.all("checkSignatures")).toHaveLength(4);
    world.dispatch({ type: "signaturesChecked", blockId: rivals[0]!.id, valid: false });
    expect(world.all("penalize").map(({ cause }) => cause)).toEqual(["badSignature"]);
    expect(world.state.halted).toBeNull();
    world.take(rivals[5]!);
    expect(world.all("checkSignatures")).toHaveLength(5);
  });

  it("[I12] is none when no block could have its height or its round, whatever else it shows", () => {
    const world = withFinals(2);
    const rival = opening(1n, 0);
    const made = (change: Partial<SealedBlock["header"]>): SealedBlock =>
      sealBlock({ ...rival.header, ...change }, rival.body, rival.signature);
    for (const block of [made({ height: height(0) }), made({ round: round(2) }), made({ round: round(0) })]) {
      expect(world.take(block)).toEqual([]);
      expect(world.state.halted).toBeNull();
    }
  });

  it("[F3] is none when it stands on the last final block or its descendants, or when nobody knows in which term that became final", () => {
    const world = withFinals(2);
    for (const at of [2, 3]) {
      const next = opening(1n, at);
      world.take(next);
      world.dispatch({ type: "signaturesChecked", blockId: next.id, valid: true });
    }
    expect(world.state.halted).toBeNull();
    const restarted = new KeeperWorld(rules, chain.facts[2]!);
    expect(restarted.take(opening(1n, 0))).toEqual([]);
  });
});
