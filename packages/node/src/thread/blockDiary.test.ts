import type { BlockRef, NodeEvent } from "@sealwright/api";
import { createNodeEventLog } from "@sealwright/api";
import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { createStoreMessage, ledgerExecutor } from "@sealwright/execution";
import { memoryNodeStore } from "@sealwright/store";
import {
  type AccountId,
  bodyRootsOf,
  createThreadsTable,
  type MessageHash,
  sealBlock,
  type SealedBlock,
  sha256Hex,
  signerIndex,
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

describe("the diary of blocks", () => {
  it("[M3] a restarted node still says included", async () => {
    const account = "ab".repeat(32) as AccountId;
    const bytes = createStoreMessage({ networkId, account, payload: Buffer.from("a"), expiresAtMs: unixMs(30_000) });
    const block = blockWith(bytes);
    const hash = sha256Hex(bytes) as MessageHash;
    const store = await memoryNodeStore({ networkId, keeperId: rules.keepers.at(signerIndex(0)).id });
    const started = () => {
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
      const deps = { blockStates: store.blockStates, events, desk: () => desk, clock };
      return { desk, told, diary: new BlockDiary(deps, new BlockTrace({ clock })) };
    };
    const before = started();
    before.diary.noteVouched(block, "certified");
    before.diary.noteVouched(block, "certified");
    expect(before.told, "each is told once").toEqual(["message.status", "block.certified"]);
    const { desk, told, diary } = started();
    expect(await desk.message(hash)).toBeNull();
    diary.noteVouched(block, "certified");
    const included = { threadId: rules.threadId, blockId: block.id } satisfies Partial<BlockRef>;
    expect(await desk.message(hash)).toMatchObject({ state: { status: "included", block: included } });
    expect(told).toEqual(["message.status"]);
  });
});
