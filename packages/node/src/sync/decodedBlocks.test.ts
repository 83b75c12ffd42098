import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { describe, expect, it } from "vitest";
import { DecodedBlocks, type KnownBlock } from "./decodedBlocks.js";

const { rules, root } = createTestNetwork(4);
const { block } = sealTestBlock(rules, root);

describe("blocks that come in answers", () => {
  it("are decoded once, and passed over while they are held", () => {
    const blocks = new DecodedBlocks();
    const asked: KnownBlock[] = [];
    const held = new Set<string>();
    const decode = (): boolean =>
      blocks.decode(block.bytes.slice(), (known) => {
        asked.push(known);
        return held.has(known.id);
      }) !== null;
    expect(decode()).toBe(true);
    expect(asked).toEqual([]);
    held.add(block.id);
    expect(decode()).toBe(false);
    const { height, parentId } = block.header;
    expect(asked).toEqual([{ threadId: rules.threadId, height, id: block.id, parentId }]);
    held.clear();
    expect(decode()).toBe(true);
  });

  it("that differ in one bit are looked at like any other", () => {
    const blocks = new DecodedBlocks();
    expect(blocks.decode(block.bytes, () => true)?.ok).toBe(true);
    const other = block.bytes.slice();
    other[other.length - 1]! ^= 1;
    expect(blocks.decode(other, () => true)?.ok).toBe(false);
    expect(blocks.decode(other, () => true)?.ok).toBe(false);
  });
});
