import { attestationOf } from "@sealwright/consensus";
import { createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import { describe, expect, it } from "vitest";
import { KeeperWorld } from "./testing/index.js";
import { voteChain } from "./voteChain.js";

const { rules, root } = createTestNetwork(5);

describe("what the watermark is told of a vote", () => {
  const chain = new TestChain(rules, root);
  for (let i = 0; i < 3; i++) chain.grow();
  const world = new KeeperWorld(rules, root);
  for (const block of chain.blocks) {
    world.take(block);
    world.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
  }
  const ids = chain.blocks.map(({ id }) => id);
  const facts = ids.map((id) => world.state.blocks.get(id)!.facts);

  it("[V3] is what a Primary vote stands on, nearest first", () => {
    const told = voteChain(world.state, attestationOf(facts[2]!, "primary"));
    expect(told).toEqual({ ancestors: [ids[1], ids[0], root.id] });
  });

  it("[V6] is what stands on a Fallback vote's block, up to the last vote and no further", () => {
    const { term, height, id: blockId } = facts[1]!;
    const state = { ...world.state, vote: { ...world.state.vote, lastVoted: { term, height, blockId } } };
    expect(voteChain(state, attestationOf(facts[0]!, "fallback"))).toEqual({ descendants: [ids[1]] });
    expect(voteChain(state, attestationOf(facts[2]!, "fallback"))).toEqual({ descendants: [] });
  });
});
