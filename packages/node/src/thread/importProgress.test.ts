import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { memoryNodeStore } from "@sealwright/store";
import { createThreadsTable, type FinalityProof, height, type ImportCursor, type SealedBlock } from "@sealwright/types";
import { beforeEach, describe, expect, it } from "vitest";
import { ImportDesk } from "./importDesk.js";
import { ImportProgress } from "./importProgress.js";

const { rules, root } = createTestNetwork(4);
const TABLE = createThreadsTable(2, rules.seed);
const [OWN, SOURCE] = [TABLE[0]!.threadId, TABLE[1]!.threadId];
const TEMPLATE = sealTestBlock(rules, root).block;
const START: ImportCursor = { height: height(0), position: 0 };
const PROOF = { headers: [] } as unknown as FinalityProof;

function fail(error: unknown): never {
  throw error;
}

function cursor(at: number): ImportCursor {
  return { height: height(at), position: 0 };
}

function importing(from: number, to: number): SealedBlock {
  const refs = [{ threadId: SOURCE, from: cursor(from), to: cursor(to), proof: PROOF }];
  return { ...TEMPLATE, body: { ...TEMPLATE.body, refs } };
}

describe("ImportProgress", () => {
  let progress: ImportProgress;

  beforeEach(async () => {
    const { repository } = await memoryNodeStore({ networkId: rules.networkId });
    progress = new ImportProgress(OWN, [SOURCE], { desk: new ImportDesk(TABLE, { repository, fail }) });
  });

  it("[§12] goes on after the newest block of the own branch", () => {
    const open = [{ block: importing(0, 3) }, { block: TEMPLATE }, { block: importing(3, 5) }];
    expect(progress.cursorAfter(SOURCE, open)).toEqual(cursor(5));
    expect(progress.cursorAfter(SOURCE, open.slice(0, 2))).toEqual(cursor(3));
    expect(progress.cursorAfter(SOURCE, [])).toEqual(START);
  });

  it("[§12] does not forget a block between the keeper's word that it is final and the disk's", () => {
    const block = importing(0, 3);
    progress.noteFinalizing(block);
    expect(progress.cursorAfter(SOURCE, [])).toEqual(cursor(3));
    expect(progress.durableCursor(SOURCE)).toEqual(START);
    progress.noteFinal(block);
    expect(progress.durableCursor(SOURCE)).toEqual(cursor(3));
  });

  it("[§12] a block that is durable late does not take back what a later one imported", () => {
    const blocks = [importing(0, 3), importing(3, 5)];
    for (const block of blocks) progress.noteFinalizing(block);
    progress.noteFinal(blocks[0]!);
    expect(progress.cursorAfter(SOURCE, [])).toEqual(cursor(5));
  });
});
