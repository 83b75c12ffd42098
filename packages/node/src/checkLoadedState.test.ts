import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { describe, expect, it } from "vitest";
import { checkLoadedState } from "./checkLoadedState.js";

const { rules, root } = createTestNetwork(4);
const { block } = sealTestBlock(rules, root, {});
const { header } = block;
const final = { threadId: header.threadId, id: block.id, height: header.height };

describe("the state that a start loads", () => {
  it("is the one that the last final block commits to, or the store is damaged", async () => {
    const repository = { header: () => Promise.resolve(header) };
    await checkLoadedState(repository, final, header.stateRoot);
    const lost = header.stateRoot.map((byte) => byte ^ 1);
    await expect(checkLoadedState(repository, final, lost)).rejects.toMatchObject({ code: "corrupt" });
  });

  it("belongs to no block whose header is lost", async () => {
    const repository = { header: () => Promise.resolve(null) };
    await expect(checkLoadedState(repository, final, header.stateRoot)).rejects.toMatchObject({ code: "corrupt" });
  });
});
