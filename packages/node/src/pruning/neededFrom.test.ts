import type { BlockFacts } from "@sealwright/consensus";
import { SNAPSHOT_GAIN_MIN } from "@sealwright/keeper";
import { createThreadsTable, height, type Height, ZERO_BLOCK_ID } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { neededFrom } from "./neededFrom.js";

const [own, other] = createThreadsTable(2, ZERO_BLOCK_ID).map(({ threadId }) => threadId);

/** Of a thread whose last final block is the 1,000th. */
function needed({ snapshot = 1_000, imported = 1_000 }: { snapshot?: number; imported?: number }): Height {
  const threadOf = () => ({
    durableFinal: { height: height(1_000) } as BlockFacts,
    importedUpTo: () => ({ height: height(imported), position: 0 }),
  });
  const threads = new Map([own!, other!].map((id) => [id, threadOf()]));
  return neededFrom(threads, { newestKept: () => height(snapshot) }, own!);
}

describe("blocks that are needed", () => {
  it("[I8] are those that a keeper lacks whom the newest snapshot brings too little", () => {
    const behind = 1_000n - SNAPSHOT_GAIN_MIN + 1n;
    expect(needed({ snapshot: 1_000 })).toBeLessThanOrEqual(behind + 1n);
    expect(needed({ snapshot: 0 })).toBe(0n);
  });

  it("[§12] are those that another thread has not imported yet", () => {
    expect(needed({ imported: 400 })).toBe(400n);
  });
});
