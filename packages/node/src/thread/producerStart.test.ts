import { createTestNetwork, switchTo, TestChain } from "@sealwright/consensus/testing";
import { KeeperWorld } from "@sealwright/keeper/testing";
import { assert, sealBlock, type SealedBlock, term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { commandFor, producerStart } from "./producerStart.js";

const { rules, root } = createTestNetwork(4);
const TERM_0 = term(0);

/** A disk on which `sealed` is the last block that this node's producer recorded. */
function diskWith(sealed: SealedBlock | null): Parameters<typeof producerStart>[2] {
  return {
    block: () => Promise.resolve(sealed),
    lastSealed: () => {
      if (sealed === null) return Promise.resolve(null);
      const { threadId, term: blockTerm, height } = sealed.header;
      return Promise.resolve({ threadId, term: blockTerm, height, blockId: sealed.id, firstOfTerm: false });
    },
  };
}

function open(count: number): { keeper: KeeperWorld; blocks: readonly SealedBlock[] } {
  const chain = new TestChain(rules, root);
  for (let i = 0; i < count; i++) chain.grow();
  return { keeper: new KeeperWorld(rules, root), blocks: chain.blocks.slice(-count).map(signed) };
}

function signed({ header, body }: SealedBlock): SealedBlock {
  return sealBlock(header, body, new Uint8Array(96).fill(3));
}

describe("where a producer goes on", () => {
  it("at the last final block when it never sealed any, in the first term only", async () => {
    const { keeper } = open(0);
    const found = await producerStart(keeper, TERM_0, diskWith(null));
    expect(found).toMatchObject({ type: "start", params: { parent: { id: root.id }, draft: null } });
    expect(await producerStart(keeper, term(4), diskWith(null))).toEqual({ type: "nothing" });
  });

  it("[S8] after its last sealed block as soon as that is applied, and waits while it is on its way", async () => {
    const { keeper, blocks } = open(2);
    const [first, last] = blocks as [SealedBlock, SealedBlock];
    keeper.take(last, { type: "store" });
    const parked = await producerStart(keeper, TERM_0, diskWith(last));
    expect(parked, "its own parent is not here").toEqual({ type: "waitForParent", parentId: last.id });
    keeper.apply(first, { type: "store" });
    expect(await producerStart(keeper, TERM_0, diskWith(last))).toEqual({ type: "waitForParent", parentId: last.id });
    keeper.dispatch({ type: "signaturesChecked", blockId: last.id, valid: true });
    keeper.dispatch({ type: "executed", blockId: last.id, outcome: { type: "valid" } });
    const found = await producerStart(keeper, TERM_0, diskWith(last));
    expect(found).toMatchObject({ type: "start", params: { parent: { id: last.id }, draft: null } });
    expect(found.type === "start" && found.params.tail.map(({ block }) => block.id)).toEqual([first.id, last.id]);
  });

  it("[I2] at the parent of a block that was recorded and not signed, with that very block", async () => {
    const { keeper, blocks } = open(2);
    const [first, last] = blocks as [SealedBlock, SealedBlock];
    const unsigned = sealBlock(last.header, last.body, new Uint8Array(96));
    keeper.apply(first, { type: "store" });
    const found = await producerStart(keeper, TERM_0, diskWith(unsigned));
    expect(found).toMatchObject({ type: "start", params: { parent: { id: first.id }, draft: { id: last.id } } });
  });

  it("[I2] waits for the parent of such a block while peers may still bring it, and no longer", async () => {
    const { keeper, blocks } = open(2);
    const [first, last] = blocks as [SealedBlock, SealedBlock];
    const disk = diskWith(sealBlock(last.header, last.body, new Uint8Array(96)));
    expect(await producerStart(keeper, TERM_0, disk)).toEqual({ type: "waitForParent", parentId: first.id });
    keeper.take(first, { type: "store" });
    keeper.dispatch({ type: "signaturesChecked", blockId: first.id, valid: true });
    keeper.dispatch({ type: "executed", blockId: first.id, outcome: { type: "refuted", reason: "test" } });
    expect(await producerStart(keeper, TERM_0, disk)).toEqual({ type: "nothing" });
  });

  it("[I2] nowhere in its term when its last block fell off the chain: another one may not stand at its place", async () => {
    const { keeper, blocks } = open(2);
    const [first, last] = blocks as [SealedBlock, SealedBlock];
    keeper.apply(first, { type: "store" });
    expect(await producerStart(keeper, TERM_0, diskWith(last))).toEqual({ type: "nothing" });
    keeper.take(last, { type: "store" });
    keeper.dispatch({ type: "signaturesChecked", blockId: last.id, valid: true });
    keeper.dispatch({ type: "executed", blockId: last.id, outcome: { type: "refuted", reason: "test" } });
    expect(await producerStart(keeper, TERM_0, diskWith(last))).toEqual({ type: "nothing" });
  });

  it("[S8] nowhere in a term that is over, and at the last final block when all that it sealed is final", async () => {
    const { keeper, blocks } = open(1);
    const [block] = blocks as [SealedBlock];
    expect(await producerStart(keeper, term(3), diskWith(block))).toEqual({ type: "nothing" });
    const chain = new TestChain(rules, root);
    chain.grow();
    const final = chain.tip;
    const later = new KeeperWorld(rules, final);
    const found = await producerStart(later, TERM_0, diskWith(block));
    expect(found).toMatchObject({ type: "start", params: { parent: { id: final.id } } });
    assert(final.height === block.header.height, "it is that very block");
  });
});

describe("a producer whose certificate is there", () => {
  const certificate = switchTo(rules, root, 1n);
  const notice = { type: "mayProduce", term: TERM_0, parent: root, certificate } as const;
  const recorded = (id: SealedBlock["id"] | null) => ({ firstSealedOf: () => Promise.resolve(id) });

  it("[S4] begins its term", async () => {
    const { keeper } = open(0);
    expect(await commandFor(keeper, notice, recorded(null))).toMatchObject({
      type: "start",
      params: { term: TERM_0, parent: { id: root.id }, switchCertificate: notice.certificate, draft: null },
    });
  });

  it("[I2] builds no second first block, but looks for the one that it recorded before a restart", async () => {
    const { keeper, blocks } = open(1);
    const command = await commandFor(keeper, notice, recorded(blocks[0]!.id));
    expect(command).toEqual({ type: "prepare", term: TERM_0 });
  });

  it("[V2] does nothing when the others left the term meanwhile", async () => {
    const { keeper } = open(0);
    expect(await commandFor(keeper, { ...notice, term: term(1) }, recorded(null))).toBeNull();
  });
});
