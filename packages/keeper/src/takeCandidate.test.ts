import { createTestNetwork, sealTestBlock, switchTo, TestChain } from "@sealwright/consensus/testing";
import type { SealedBlock } from "@sealwright/types";
import { beforeEach, describe, expect, it } from "vitest";
import { UNDER_CHECK_PER_PEER_MAX } from "./takeCandidate.js";
import { KeeperWorld } from "./testing/index.js";

const { rules, root } = createTestNetwork(4);
const REFUTED = { type: "refuted", reason: "stateRoot" } as const;

/** A first block of `term` on the genesis block; whether its Locks exist only their signatures say. */
function openingOf(term: bigint): SealedBlock {
  const switchCertificate = switchTo(rules, root, term);
  return sealTestBlock(rules, root, { round: Number(term), switchCertificate }).block;
}

describe("a block whose signatures are not checked yet", () => {
  let keeper: KeeperWorld;
  let first: SealedBlock;
  let child: SealedBlock;

  beforeEach(() => {
    keeper = new KeeperWorld(rules, root);
    const chain = new TestChain(rules, root);
    chain.grow();
    chain.growCertified();
    [first, child] = chain.blocks as [SealedBlock, SealedBlock];
  });

  const answer = (block: SealedBlock, valid: boolean) =>
    keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid });
  const refute = (block: SealedBlock) => keeper.dispatch({ type: "executed", blockId: block.id, outcome: REFUTED });

  it("[§8] is executed at once when the current producer's link brought it, and refuted only when they are good", () => {
    expect(keeper.take(first).map(({ type }) => type)).toContain("execute");
    refute(first);
    expect(keeper.notices()).toEqual([]);
    answer(first, true);
    expect(keeper.phaseOf(first)).toBe("invalid");
    expect(keeper.all("forgeNack")).toHaveLength(1);
  });

  it("[§8] is a bad copy when they are not, whatever execution said: nobody is called a liar but its sender", () => {
    keeper.take(first);
    refute(first);
    answer(first, false);
    expect(keeper.state.blocks.size).toBe(0);
    expect(keeper.notices()).toEqual([]);
    expect(keeper.all("forgeNack")).toEqual([]);
    expect(keeper.all("penalize")).toMatchObject([{ peer: first.header.producer, cause: "badSignature" }]);
    expect(keeper.take(first).map(({ type }) => type)).toContain("checkSignatures");
  });

  it("[§8] is not executed when it opens a term: its Locks may be made up", () => {
    const opening = openingOf(1n);
    expect(keeper.take(opening).map(({ type }) => type)).toEqual(["checkSignatures"]);
    expect(answer(opening, true).map(({ type }) => type)).toContain("execute");
  });

  it("[I8] holds up no request when it is refuted while its child waits for it", () => {
    keeper.take(first);
    keeper.take(child);
    refute(first);
    answer(first, true);
    expect(keeper.state.parked.size).toBe(0);
    keeper.take(child);
    expect([keeper.state.parked.size, keeper.state.blocks.size]).toEqual([0, 1]);
    const peer = keeper.peer(1);
    const status = {
      ...{
        threadId: rules.threadId,
        finalHeight: root.height,
        finalId: root.id,
        currentTerm: root.term,
        highestQc: null,
      },
      tip: { height: child.header.height, blockId: openingOf(2n).id },
    };
    keeper.dispatch({ type: "statusReceived", peer, status });
    expect(keeper.all("requestBlocks").map(({ to }) => to)).toEqual([peer]);
  });

  it("leaves no mark at its place when its parent is refuted", () => {
    keeper.take(first);
    answer(first, true);
    keeper.take(child);
    refute(first);
    expect(keeper.state.blocks.has(child.id)).toBe(false);
    expect(answer(child, true)).toEqual([]);
  });

  it("[I12] takes one of few places that its sender has, whatever terms it claims to open", () => {
    const mine = rules.keepers.members.length;
    const sender = openingOf(1n).header.producer;
    const terms = Array.from({ length: 200 }, (_, i) => BigInt(i * mine + 1));
    const blocks = terms.map(openingOf).filter(({ header }) => header.producer === sender);
    expect(blocks.length).toBeGreaterThan(UNDER_CHECK_PER_PEER_MAX);
    for (const block of blocks) keeper.take(block);
    expect(keeper.all("checkSignatures")).toHaveLength(UNDER_CHECK_PER_PEER_MAX);
    answer(blocks[0]!, false);
    keeper.take(blocks[UNDER_CHECK_PER_PEER_MAX]!);
    expect(keeper.all("checkSignatures")).toHaveLength(UNDER_CHECK_PER_PEER_MAX + 1);
  });
});
