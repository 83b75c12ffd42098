import type { BlockRef, NodeEvent } from "@sealwright/api";
import { createNodeEventLog } from "@sealwright/api";
import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { createStoreMessage, ledgerExecutor } from "@sealwright/execution";
import { memoryNodeStore, type NodeStore } from "@sealwright/store";
import {
  type AccountId,
  bodyRootsOf,
  createThreadsTable,
  type MessageHash,
  sealBlock,
  type SealedBlock,
  sha256Hex,
  signerIndex,
  term,
  unixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { BlockTrace } from "../life/blockTrace.js";
import { MessageDesk } from "../messages/messageDesk.js";
import { BlockDiary } from "./blockDiary.js";

const { rules, root } = createTestNetwork(4);
const { networkId } = rules;
const clock = new ManualClock();

function blockWith(bytes: Uint8Array): SealedBlock {
  const { block } = sealTestBlock(rules, root, { externals: [bytes] });
  const receipt = { messageHash: sha256Hex(bytes) as MessageHash, code: 0, gasUsed: 1, detail: new Uint8Array() };
  const body = { ...block.body, receipts: [receipt] };
  return sealBlock({ ...block.header, roots: bodyRootsOf(body, rules.threadsTableHash) }, body, block.signature);
}

const account = "ab".repeat(32) as AccountId;
const bytes = createStoreMessage({
  networkId,
  account,
  payload: Buffer.from("a"),
  expiresAtMs: unixMs(root.timeMs + 30_000),
});
const block = blockWith(bytes);
const hash = sha256Hex(bytes) as MessageHash;

function openStore(): Promise<NodeStore> {
  return memoryNodeStore({ networkId, keeperId: rules.keepers.at(signerIndex(0)).id });
}

/** A node's diary and desk, over a store that outlives them. */
function start(store: NodeStore) {
  const events = createNodeEventLog(clock.nowMs());
  const told: NodeEvent["type"][] = [];
  events.tap(({ type }) => void told.push(type));
  const desk = new MessageDesk({
    executor: ledgerExecutor({ networkId, transferFee: 1n }),
    threadsTable: createThreadsTable(1, ZERO_BLOCK_ID),
    routes: new Map(),
    repository: store.repository,
    events,
    clock,
  });
  const trace = new BlockTrace({ clock });
  const deps = { blockStates: store.blockStates, events, desk: () => desk, clock };
  const statusOfMessage = async () => (await desk.message(hash))?.state.status ?? null;
  const statusOfBlock = () => store.blockStates.peek(block.id)?.status ?? null;
  return { desk, told, trace, statusOfMessage, statusOfBlock, diary: new BlockDiary(deps, trace) };
}

describe("the diary of blocks", () => {
  it("[M3] a restarted node still says included", async () => {
    const store = await openStore();
    const before = start(store);
    before.diary.noteVouched(block, "certified");
    before.diary.noteVouched(block, "certified");
    expect(before.told, "each is told once").toEqual(["message.status", "block.certified"]);
    const { desk, told, diary } = start(store);
    expect(await desk.message(hash)).toBeNull();
    diary.noteVouched(block, "certified");
    const included = { threadId: rules.threadId, blockId: block.id } satisfies Partial<BlockRef>;
    expect(await desk.message(hash)).toMatchObject({ state: { status: "included", block: included } });
    expect(told).toEqual(["message.status"]);
  });

  it("keeps when a good block had come, so that a restart does not forget how long it was on its way", async () => {
    const store = await openStore();
    const { diary, trace } = start(store);
    trace.arrived(block.id);
    const receivedMs = clock.nowMs();
    clock.advance(25);
    diary.note(block, "applied", "appliedMs");
    expect(store.blockStates.peek(block.id)?.timeline).toEqual({ receivedMs, appliedMs: unixMs(receivedMs + 25) });
  });

  describe("of a block that a later term left aside", () => {
    async function abandonedAfter(...stages: readonly ("certified" | "prefinal")[]) {
      const node = start(await openStore());
      node.diary.note(block, "applied", "appliedMs");
      for (const stage of stages) node.diary.noteVouched(block, stage);
      node.diary.noteKnown(block.id, "abandoned", null);
      await node.desk.noteAbandoned(block, term(1));
      expect(await node.statusOfMessage()).toBe("queued");
      return node;
    }

    it.each([[[]], [["certified"]], [["certified", "prefinal"]]] as const)(
      "[M3, S6] says again how far its messages are when a term after that stands on it: %j before",
      async (stages) => {
        const { diary, trace, statusOfMessage, statusOfBlock } = await abandonedAfter(...stages);
        diary.noteFollowed(block.id);
        expect(statusOfBlock()).toBe(stages[stages.length - 1] ?? "applied");
        expect(trace.get(block.id)?.times.has("abandoned"), "nothing says why it would be missing").toBe(false);
        diary.noteVouched(block, "prefinal");
        expect(await statusOfMessage()).toBe("prefinal");
        expect(statusOfBlock()).toBe("prefinal");
      },
    );

    it("[M3] its messages go on waiting when a quorum for it comes late: they are still offered to the new producer", async () => {
      const { diary, statusOfMessage, statusOfBlock } = await abandonedAfter();
      diary.noteVouched(block, "certified");
      diary.noteVouched(block, "prefinal");
      expect(await statusOfMessage()).toBe("queued");
      expect(statusOfBlock()).toBe("abandoned");
    });

    it("is left alone by the next term when nothing had left it aside", async () => {
      const node = start(await openStore());
      node.diary.noteVouched(block, "certified");
      node.diary.noteFollowed(block.id);
      expect([node.statusOfBlock(), await node.statusOfMessage()]).toEqual(["certified", "included"]);
    });
  });
});
