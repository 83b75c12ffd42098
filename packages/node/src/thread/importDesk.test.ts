import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { memoryNodeStore, type Repository } from "@sealwright/store";
import {
  type AccountId,
  type BlockHeader,
  bodyRootsOf,
  createThreadsTable,
  type FinalityProof,
  type Height,
  height,
  type ImportCursor,
  type OutboundMessage,
  type Ref,
  sealBlock,
  type SealedBlock,
  type ThreadId,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { Pruner } from "../pruning/pruner.js";
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
    desk = new ImportDesk(TABLE, { repository, fail });
    desk.addSource(SOURCE, height(0), null);
    desk.addImporter(SOURCE, OWN, START);
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

  it("[§12] moves the cursor of a thread to which nothing comes over an empty range now and then, as every verifier does", async () => {
    for (let at = 1; at <= IDLE_BLOCKS_MAX; at++) {
      expect(desk.offer(SOURCE, OWN, START)).toBeNull();
      desk.addFinal(sourceBlock(at, at % 10 === 0 ? [messageTo(SOURCE, 1)] : []), PROOF);
    }
    const offer = desk.offer(SOURCE, OWN, START);
    const to = { height: height(IDLE_BLOCKS_MAX + 1), position: 0 };
    expect(offer?.range).toEqual({ source: SOURCE, from: START, to, messages: [] });
    expect(desk.firstImport(SOURCE, OWN, START), "no block is made for that alone").toBeNull();
    const answer = await desk.rangeOf(refTo(to), OWN, height(IDLE_BLOCKS_MAX), IMPORTS_MAX);
    expect(answer).toEqual({ type: "range", range: offer?.range });
    expect(desk.offer(SOURCE, OWN, to)).toBeNull();
    desk.addFinal(sourceBlock(IDLE_BLOCKS_MAX + 1, [messageTo(OWN, 7)]), PROOF);
    expect(desk.offer(SOURCE, OWN, to)?.range.messages.map(({ message }) => message.body[0])).toEqual([7]);
  });

  it("[I12] keeps nothing of a block but its messages, and those only until they are imported for good", () => {
    for (let at = 1; at <= 100; at++) desk.addFinal(sourceBlock(at, [messageTo(OWN, at)]), PROOF);
    const [first] = desk.offer(SOURCE, OWN, START)!.range.messages;
    expect(first?.message.body.buffer.byteLength).toBe(1);
    expect(desk.held).toBe(100);
    const cursor = { height: height(90), position: 0 };
    desk.forgetBelow(SOURCE, OWN, cursor);
    expect(desk.held).toBe(11);
    expect(desk.firstImport(SOURCE, OWN, cursor)).toEqual(cursor);
    expect(desk.offer(SOURCE, OWN, START), "what was forgotten is not passed over").toBeNull();
  });

  it("[§12] waits for a proved block that is not final here yet", async () => {
    desk.addFinal(sourceBlock(1, [messageTo(OWN, 1)]), PROOF);
    expect(await desk.rangeOf(refTo({ height: height(3), position: 0 }), OWN, height(2), IMPORTS_MAX)).toEqual({
      type: "missing",
    });
  });

  it("refuses a range that ends beyond the proved block", async () => {
    desk.addFinal(sourceBlock(1, [messageTo(OWN, 1)]), PROOF);
    for (const to of [
      { height: height(2), position: 1 },
      { height: height(3), position: 0 },
    ]) {
      expect((await desk.rangeOf(refTo(to), OWN, height(1), IMPORTS_MAX)).type).toBe("bad");
    }
  });

  it("says that it no longer holds the beginning of a range: that block will not come", async () => {
    desk.addSource(SOURCE, height(10), PROOF);
    expect(await desk.rangeOf(refTo({ height: height(11), position: 0 }), OWN, height(10), IMPORTS_MAX)).toEqual({
      type: "gone",
    });
  });

  it("[I11] rebuilds from any ref exactly the messages that its producer was offered", async () => {
    const blocks = fc.array(fc.array(fc.boolean(), { maxLength: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(blocks, fc.nat(8), fc.nat(4), async (shape, fromHeight, fromPosition) => {
        desk.addSource(SOURCE, height(0), null);
        desk.addImporter(SOURCE, OWN, START);
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
        const rebuilt = await desk.rangeOf(refTo(offer.range.to, from), OWN, height(shape.length), IMPORTS_MAX);
        expect(rebuilt).toEqual({ type: "range", range: offer.range });
      }),
    );
  });

  it("[§9] brings final messages that were not imported before a restart back to hand", async () => {
    const { repository, append } = await openChain();
    for (let at = 1; at <= 3; at++) await append(sourceBlock(at, [messageTo(OWN, at), messageTo(SOURCE, 9)]));
    const restarted = new ImportDesk(TABLE, { repository, fail });
    restarted.addSource(SOURCE, height(3), PROOF);
    restarted.addImporter(SOURCE, OWN, START);
    await restarted.idle();
    const marks = restarted.offer(SOURCE, OWN, START)?.range.messages.map(({ message }) => message.body[0]);
    expect(marks).toEqual([1, 2, 3]);
  });

  it("[I11, I12] costs no more memory while the other thread stands still, keeps the bodies that it needs, and loses nothing", async () => {
    const BLOCKS = 2_000;
    const PER_BLOCK = 3;
    const { repository, append } = await openChain();
    let cursor = START;
    let filled = 0;
    const laneLimits = { messagesMax: 150, bytesMax: 1_000_000 };
    const options = { repository, fail, filled: () => void filled++, laneLimits };
    const bounded = new ImportDesk(TABLE, options);
    bounded.addSource(SOURCE, height(0), null);
    bounded.addImporter(SOURCE, OWN, START);
    const pruner = prunerOf(repository, () => cursor.height);
    const held: number[] = [];
    for (let at = 1; at <= BLOCKS; at++) {
      const messages = Array.from({ length: PER_BLOCK }, (_, i) => messageTo(OWN, (at * PER_BLOCK + i) % 251));
      const block = sourceBlock(at, at % 2 === 0 ? messages : []);
      await append(block);
      bounded.addFinal(block, PROOF);
      if (at % 100 === 0) {
        held.push(bounded.held);
        await pruner.step();
      }
    }
    expect(Math.max(...held)).toBeLessThanOrEqual(laneLimits.messagesMax);
    expect(held[held.length - 1], "flat from the first hundreds on").toBe(held[2]);

    // It comes back, with some keepers that held another window, as after a restart.
    const other = new ImportDesk(TABLE, { repository, fail, laneLimits: { messagesMax: 7, bytesMax: 1_000_000 } });
    other.addSource(SOURCE, height(BLOCKS), PROOF);
    other.addImporter(SOURCE, OWN, START);
    const got: number[] = [];
    while (got.length < (BLOCKS / 2) * PER_BLOCK) {
      await bounded.idle();
      const offer = bounded.offer(SOURCE, OWN, cursor);
      if (offer === null) return expect.fail(`nothing is offered after ${got.length} messages`);
      const rebuilt = await other.rangeOf(refTo(offer.range.to, cursor), OWN, height(BLOCKS), IMPORTS_MAX);
      expect(rebuilt).toEqual({ type: "range", range: offer.range });
      got.push(...offer.range.messages.map(({ message }) => message.body[0]!));
      cursor = offer.range.to;
      bounded.forgetBelow(SOURCE, OWN, cursor);
      other.forgetBelow(SOURCE, OWN, cursor);
      expect(bounded.held).toBeLessThanOrEqual(laneLimits.messagesMax);
      await pruner.step();
    }
    const sent = Array.from({ length: BLOCKS / 2 }, (_, i) =>
      Array.from({ length: PER_BLOCK }, (_, j) => ((i + 1) * 2 * PER_BLOCK + j) % 251),
    );
    expect(got).toEqual(sent.flat());
    expect(filled, "its producer is woken for more").toBeGreaterThan(1);
    expect(bounded.offer(SOURCE, OWN, cursor)).toBeNull();
    await bounded.idle();
    const next = sourceBlock(BLOCKS + 1, [messageTo(OWN, 7)]);
    bounded.addFinal(next, PROOF);
    expect(bounded.offer(SOURCE, OWN, cursor)?.range.messages.map(({ message }) => message.body[0])).toEqual([7]);
    for (let i = 0; i < 70; i++) await pruner.step();
    const oldest = Number((await repository.oldestFinal(SOURCE))!.height);
    expect(oldest, "and bodies go when they are imported").toBeGreaterThan(BLOCKS - 200);
  });

  it("stops reading when it is closed, and says when the store fails", async () => {
    const failures: unknown[] = [];
    const reads: bigint[] = [];
    let answer = (): void => undefined;
    const repository = {
      finalAt: (_thread: ThreadId, at: bigint) => {
        reads.push(at);
        return new Promise<null>(
          (resolve, reject) => (answer = () => (at === 1n ? resolve(null) : reject(new Error()))),
        );
      },
      block: () => Promise.resolve(null),
    };
    const failing = new ImportDesk(TABLE, { repository, fail: (error) => void failures.push(error) });
    failing.addSource(SOURCE, height(5), PROOF);
    failing.addImporter(SOURCE, OWN, START);
    answer();
    await failing.idle();
    expect([reads, failures], "what is not kept here ends it without harm").toEqual([[1n], []]);
    failing.forgetBelow(SOURCE, OWN, { height: height(3), position: 0 });
    answer();
    await failing.idle();
    expect(failures).toHaveLength(1);
    await failing.close();
    failing.forgetBelow(SOURCE, OWN, { height: height(4), position: 0 });
    await failing.idle();
    expect(reads).toEqual([1n, 3n]);
  });
});

/** A store, and how the source's final chain in it grows. */
async function openChain() {
  const { repository } = await memoryNodeStore({ networkId: NETWORK.rules.networkId });
  const facts = new Uint8Array();
  await repository.initialize([{ threadId: SOURCE, blockId: NETWORK.root.id, header: null, facts, state: [] }]);
  const append = async (block: SealedBlock): Promise<void> => {
    const proof: FinalityProof = {
      headers: [block.header],
      carrierIndex: 0,
      carried: { attestation: ATTESTATION, signers: [0 as never], signature: new Uint8Array(96) },
      carriedPath: { index: 0, count: 1, siblings: [] },
      certificate: { attestation: ATTESTATION, signers: [0 as never], signature: new Uint8Array(96) },
    };
    const final = { threadId: SOURCE, height: block.header.height, blockId: block.id, proof, facts, state: [] };
    await repository.commit({ blocks: [block], final: [final] });
  };
  return { repository, append };
}

function prunerOf(repository: Repository, importedUpTo: () => Height): Pruner {
  const deps = { repository, threads: [SOURCE], neededFrom: importedUpTo, clock: new ManualClock(), fail };
  return new Pruner({ finalBlocks: 100, expiredHours: 1 }, { ...deps, measureDisk: () => Promise.resolve(0) });
}

function fail(error: unknown): never {
  throw error;
}

const ATTESTATION = {
  threadId: SOURCE,
  term: NETWORK.root.term,
  height: height(1),
  blockId: TEMPLATE.id,
  envelopeHash: TEMPLATE.envelopeHash,
  target: "primary",
} as const;
