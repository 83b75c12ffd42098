import { type BlockFacts, deriveFacts } from "@sealwright/consensus";
import { certify, createTestNetwork, partsOf, sealTestBlock } from "@sealwright/consensus/testing";
import { type SealedBlock, unwrap } from "@sealwright/types";
import { beforeEach, describe, expect, it } from "vitest";
import { AHEAD_BLOCKS_MAX, AHEAD_BYTES_MAX, REQUEST_RETRY_MS } from "./requestMissing.js";
import { KeeperWorld } from "./testing/index.js";

const { rules, root } = createTestNetwork(5);

interface Link {
  readonly block: SealedBlock;
  readonly facts: BlockFacts;
}

/** Each block carries the certificate of the one before it. */
function chainOf(count: number, from: BlockFacts = root, tag = 0, size = 1): Link[] {
  const links: Link[] = [];
  for (let tip = from; links.length < count; tip = links[links.length - 1]!.facts) {
    const attestations = tip === root ? [] : [certify(rules, tip)];
    const { block } = sealTestBlock(rules, tip, { attestations, externals: [new Uint8Array(size).fill(tag)] });
    links.push({ block, facts: unwrap(deriveFacts(rules, tip, partsOf(block))) });
  }
  return links;
}

describe("a keeper that is behind", () => {
  let world: KeeperWorld;

  beforeEach(() => {
    world = new KeeperWorld(rules, root);
  });

  /** Blocks whose signatures are good and which wait for execution. */
  function hold(links: readonly Link[]): void {
    for (const { block } of links) {
      world.take(block, { type: "peer", peer: world.peer(1) });
      world.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
    }
  }

  /** @returns the heights from which blocks are asked for when the peer shows such a tip */
  function askedAfter(tip: Link, peer = 2): bigint[] {
    world.effects.length = 0;
    const { height, id: blockId } = tip.facts;
    const status = {
      threadId: rules.threadId,
      finalHeight: root.height,
      finalId: root.id,
      currentTerm: root.term,
      highestQc: null,
      tip: { height, blockId },
    };
    world.dispatch({ type: "statusReceived", peer: world.peer(peer), status });
    return world.all("requestBlocks").map(({ fromHeight }) => fromHeight);
  }

  it("asks for what lies above the certified blocks that it holds, not for those again", () => {
    const chain = chainOf(10);
    expect(askedAfter(chain[9]!)).toEqual([1n]);
    world.atMs += REQUEST_RETRY_MS;
    hold(chain.slice(0, 6));
    // The sixth is held and nobody attested it here: it may have a rival.
    expect(askedAfter(chain[9]!)).toEqual([6n]);
  });

  it("asks for nothing above while blocks that came wait for their parents' signatures", () => {
    const chain = chainOf(10);
    for (const { block } of chain.slice(0, 3)) world.take(block, { type: "peer", peer: world.peer(1) });
    expect(askedAfter(chain[9]!)).toEqual([]);
    for (const { block } of chain.slice(0, 3))
      world.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
    expect(askedAfter(chain[9]!)).toEqual([3n]);
  });

  it("is not kept from asking by blocks that stand on a bad one", () => {
    const chain = chainOf(10);
    for (const { block } of chain.slice(0, 3)) world.take(block, { type: "peer", peer: world.peer(1) });
    world.dispatch({ type: "signaturesChecked", blockId: chain[0]!.block.id, valid: false });
    expect(askedAfter(chain[9]!)).toEqual([1n]);
  });

  it("asks for a tip no higher than those from the last final block on: it stands on another branch", () => {
    const chain = chainOf(6);
    hold(chain);
    expect(askedAfter(chainOf(5, root, 1)[4]!)).toEqual([1n]);
  });

  it("finds the branch of a higher tip that leaves its own certified blocks aside", () => {
    hold(chainOf(6));
    const other = chainOf(9, root, 1);
    expect(askedAfter(other[8]!)).toEqual([6n]);
    for (const { block } of other.slice(5)) world.take(block, { type: "peer", peer: world.peer(2) });
    world.effects.length = 0;
    world.atMs += REQUEST_RETRY_MS;
    world.dispatch({ type: "tick" });
    expect(world.all("requestBlocks").map(({ fromHeight }) => fromHeight)).toEqual([1n]);
  });

  it("[I8] is not kept from asking by any amount of blocks that nobody attested", () => {
    hold(chainOf(1, root, 1, AHEAD_BYTES_MAX));
    expect(world.state.blocks.size).toBe(1);
    expect(askedAfter(chainOf(8)[7]!)).toEqual([1n]);
  });

  it("[I12] asks for nothing above while so many bytes of certified blocks wait for execution", () => {
    const chain = chainOf(5, root, 0, AHEAD_BYTES_MAX / 4);
    hold(chain);
    expect(askedAfter(chainOf(8)[7]!)).toEqual([]);
  });

  it("[I12] asks for nothing above while so much waits for execution, and goes on when it was executed", () => {
    const chain = chainOf(AHEAD_BLOCKS_MAX + 4);
    const tip = chain[chain.length - 1]!;
    hold(chain.slice(0, AHEAD_BLOCKS_MAX + 1));
    expect(askedAfter(tip)).toEqual([]);
    world.dispatch({ type: "executed", blockId: chain[0]!.block.id, outcome: { type: "valid" } });
    expect(world.state.final.height).toBe(1n);
    expect(askedAfter(tip)).toEqual([BigInt(AHEAD_BLOCKS_MAX + 1)]);
  });
});
