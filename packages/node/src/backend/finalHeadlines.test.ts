import { memoryNodeStore } from "@sealwright/store";
import {
  sampleChain,
  sampleGenesis,
  sampleProof,
  SAMPLE_KEEPER,
  SAMPLE_NETWORK,
  THREAD_A,
} from "@sealwright/store/testing";
import { height, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { finalHeadlines } from "./finalHeadlines.js";

describe("final headlines", () => {
  it("a page of headlines reads no body", async () => {
    const { repository } = await memoryNodeStore({ networkId: SAMPLE_NETWORK, keeperId: SAMPLE_KEEPER });
    unwrap(await repository.initialize([sampleGenesis(THREAD_A)]));
    const blocks = sampleChain(5);
    const final = blocks.map((block) => ({
      threadId: THREAD_A,
      height: block.header.height,
      blockId: block.id,
      proof: sampleProof(block),
      facts: new Uint8Array(1),
      state: [],
    }));
    await repository.commit({ blocks, final });
    const reads = {
      finalAt: repository.finalAt.bind(repository),
      headline: repository.headline.bind(repository),
      block: () => Promise.reject(new Error("a body was read")),
    };
    const page = await finalHeadlines(reads, THREAD_A, height(2), 3);
    expect(page).toEqual(
      blocks.slice(1, 4).map(({ header, id, envelopeHash, bytes, body }) => ({
        header,
        id,
        envelopeHash,
        sizeBytes: bytes.length,
        messageCount: body.externals.length,
        status: "final",
      })),
    );
    expect(await finalHeadlines(reads, THREAD_A, height(4), 9), "it ends with the last final block").toHaveLength(2);
  });
});
