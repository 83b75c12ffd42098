import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { memoryNodeStore } from "@sealwright/store";
import {
  type AccountId,
  type BlockHeader,
  bodyRootsOf,
  createThreadsTable,
  type FinalityProof,
  height,
  type ImportCursor,
  type OutboundMessage,
  type Ref,
  sealBlock,
  type SealedBlock,
  type ThreadId,
} from "@sealwright/types";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { IDLE_BLOCKS_MAX, ImportDesk } from "./importDesk.js";

/** The desk hands proofs through; whoever takes them checks them. */
const PROOF = { headers: [] } as unknown as FinalityProof;
const NETWORK = createTestNetwork(1);
const TABLE = createThreadsTable(2, NETWORK.rules.seed);
const [SOURCE, OWN] = TABLE.map((route) => route.threadId) as [ThreadId, ThreadId];
const IMPORTS_MAX = 1_000;
const START: ImportCursor = { height: height(0), position: 0 };
const TEMPLATE = sealTestBlock(NETWORK.rules, NETWORK.root).block;

function messageTo(thread: ThreadId, mark: number): OutboundMessage {
  const destination = `${thread === SOURCE ? "00" : "ff"}${"11".repeat(31)}` as AccountId;
  return { source: "00".repeat(32) as AccountId, destination, body: Uint8Array.of(mark) };
}

function sourceBlock(at: number, outbound: readonly OutboundMessage[]): SealedBlock {
  const body = { ...TEMPLATE.body, outbound };
  const roots = bodyRootsOf(body, NETWORK.rules.threadsTableHash);
  const header: BlockHeader = { ...TEMPLATE.header, threadId: SOURCE, height: height(at), roots };
  return sealBlock(header, body, new Uint8Array(96));
}

function refTo(to: ImportCursor, from: ImportCursor = START): Ref {
  return { threadId: SOURCE, from, to, proof: PROOF };
}

describe("ImportDesk", () => {
  let desk: ImportDesk;

  beforeEach(async () => {
    const { repository } = await memoryNodeStore({ networkId: NETWORK.rules.networkId });
    desk = new ImportDesk(TABLE, { repository });
    desk.addSource(SOURCE, height(0), null);
  });

  it("[§12] offers every final message for the importing thread, in order, and none for another", () => {
    desk.addFinal(sourceBlock(1, [messageTo(OWN, 1), messageTo(SOURCE, 2), messageTo(OWN, 3)]), PROOF);
    desk.addFinal(sourceBlock(2, []), PROOF);
    desk.addFinal(sourceBlock(3, [messageTo(OWN, 4)]), PROOF);
    const offer = desk.offer(SOURCE, OWN, START);
    expect(offer?.range.messages.map(({ at, message }) => [Number(at.height), at.position, message.body[0]])).toEqual([
      [1, 0, 1],
      [1, 1, 3],
      [3, 0, 4],
    ]);
    expect(offer?.range.to).toEqual({ height: 4n, position: 0 });
  });

  it("[§12] goes on exactly after the cursor, also in the middle of a block", () => {
    desk.addFinal(sourceBlock(1, [messageTo(OWN, 1), messageTo(OWN, 2)]), PROOF);
    const offer = desk.offer(SOURCE, OWN, { height: height(1), position: 1 });
    expect(offer?.range.messages.map(({ message }) => message.body[0])).toEqual([2]);
  });

  it("offers nothing when nothing waits", () => {
    desk.addFinal(sourceBlock(1, [messageTo(SOURCE, 1)]), PROOF);
    expect(desk.offer(SOURCE, OWN, START)).toBeNull();
    expect(desk.firstImport(SOURCE, OWN, START)).toBeNull();
  });

  it("[§12] moves the cursor of a thread to which nothing comes over an empty range now and then, as every verifier does", () => {
    for (let at = 1; at <= IDLE_BLOCKS_MAX; at++) {
      expect(desk.offer(SOURCE, OWN, START)).toBeNull();
      desk.addFinal(sourceBlock(at, at % 10 === 0 ? [messageTo(SOURCE, 1)] : []), PROOF);
    }
    const offer = desk.offer(SOURCE, OWN, START);
    const to = { height: height(IDLE_BLOCKS_MAX + 1), position: 0 };
    expect(offer?.range).toEqual({ source: SOURCE, from: START, to, messages: [] });
    expect(desk.firstImport(SOURCE, OWN, START), "no block is made for that alone").toBeNull();
    const answer = desk.rangeOf(refTo(to), OWN, height(IDLE_BLOCKS_MAX), IMPORTS_MAX);
    expect(answer).toEqual({ type: "range", range: offer?.range });
    expect(desk.offer(SOURCE, OWN, to)).toBeNull();
    desk.addFinal(sourceBlock(IDLE_BLOCKS_MAX + 1, [messageTo(OWN, 7)]), PROOF);
    expect(desk.offer(SOURCE, OWN, to)?.range.messages.map(({ message }) => message.body[0])).toEqual([7]);
  });

  it("[I12] keeps nothing of a block but its messages, and those only until they are imported for good", () => {
    for (let at = 1; at <= 100; at++) desk.addFinal(sourceBlock(at, [messageTo(OWN, at)]), PROOF);
    const [first] = desk.offer(SOURCE, OWN, START)!.range.messages;
    expect(first?.message.body.buffer.byteLength).toBe(1);
    desk.forgetBelow(SOURCE, OWN, { height: height(90), position: 0 });
    expect(desk.firstImport(SOURCE, OWN, START)).toEqual({ height: height(90), position: 0 });
  });

  it("[§12] waits for a proved block that is not final here yet", () => {
    desk.addFinal(sourceBlock(1, [messageTo(OWN, 1)]), PROOF);
    expect(desk.rangeOf(refTo({ height: height(3), position: 0 }), OWN, height(2), IMPORTS_MAX)).toEqual({
      type: "missing",
    });
  });

  it("refuses a range that ends beyond the proved block", () => {
    desk.addFinal(sourceBlock(1, [messageTo(OWN, 1)]), PROOF);
    for (const to of [
      { height: height(2), position: 1 },
      { height: height(3), position: 0 },
    ]) {
      expect(desk.rangeOf(refTo(to), OWN, height(1), IMPORTS_MAX).type).toBe("bad");
    }
  });

  it("waits rather than serve a range whose beginning it no longer holds", () => {
    desk.addSource(SOURCE, height(10), PROOF);
    expect(desk.rangeOf(refTo({ height: height(11), position: 0 }), OWN, height(10), IMPORTS_MAX)).toEqual({
      type: "missing",
    });
  });

  it("[I11] rebuilds from any ref exactly the messages that its producer was offered", () => {
    const blocks = fc.array(fc.array(fc.boolean(), { maxLength: 4 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(blocks, fc.nat(8), fc.nat(4), (shape, fromHeight, fromPosition) => {
        desk.addSource(SOURCE, height(0), null);
        let mark = 0;
        for (const [i, targets] of shape.entries()) {
          desk.addFinal(
            sourceBlock(
              i + 1,
              targets.map((own) => messageTo(own ? OWN : SOURCE, mark++ % 256)),
            ),
            PROOF,
          );
        }
        const from = { height: height(fromHeight), position: fromPosition };
        const offer = desk.offer(SOURCE, OWN, from);
        if (offer === null) return;
        const rebuilt = desk.rangeOf(refTo(offer.range.to, from), OWN, height(shape.length), IMPORTS_MAX);
        expect(rebuilt).toEqual({ type: "range", range: offer.range });
      }),
    );
  });

  it("[§9] brings final messages that were not imported before a restart back to hand", async () => {
    const node = await memoryNodeStore({ networkId: NETWORK.rules.networkId });
    const facts = new Uint8Array();
    const genesis = { threadId: SOURCE, blockId: NETWORK.root.id, header: null, facts, state: [] };
    await node.repository.initialize([genesis]);
    const blocks = [1, 2, 3].map((at) => sourceBlock(at, [messageTo(OWN, at), messageTo(SOURCE, 9)]));
    const [block] = blocks as [SealedBlock];
    const proof: FinalityProof = {
      headers: [block.header],
      carrierIndex: 0,
      carried: { attestation: ATTESTATION, signers: [0 as never], signature: new Uint8Array(96) },
      carriedPath: { index: 0, count: 1, siblings: [] },
      certificate: { attestation: ATTESTATION, signers: [0 as never], signature: new Uint8Array(96) },
    };
    const final = blocks.map(({ id, header }) => ({
      ...{ threadId: SOURCE, height: header.height, blockId: id, proof, facts, state: [] },
    }));
    await node.repository.commit({ blocks, final });
    const restarted = new ImportDesk(TABLE, { repository: node.repository });
    restarted.addSource(SOURCE, height(3), proof);
    await restarted.preload(SOURCE, height(0));
    const marks = restarted.offer(SOURCE, OWN, START)?.range.messages.map(({ message }) => message.body[0]);
    expect(marks).toEqual([1, 2, 3]);
  });
});

const ATTESTATION = {
  threadId: SOURCE,
  term: NETWORK.root.term,
  height: height(1),
  blockId: TEMPLATE.id,
  envelopeHash: TEMPLATE.envelopeHash,
  target: "primary",
} as const;
