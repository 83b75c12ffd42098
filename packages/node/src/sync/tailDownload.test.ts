import { createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import { height, type SnapshotManifest } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { TailDownload } from "./tailDownload.js";

const { rules, root } = createTestNetwork(4);
const chain = new TestChain(rules, root);
chain.grow();
while (chain.blocks.length < 9) chain.growCertified();
const other = new TestChain(rules, root);
other.grow({ externals: [Buffer.from("another chain")] });
while (other.blocks.length < 9) other.growCertified();

const last = chain.blocks[7]!;
const manifest = { threadId: rules.threadId, height: last.header.height, blockId: last.id } as SnapshotManifest;
const bytes = (blocks: typeof chain.blocks): Uint8Array[] => blocks.map((block) => block.bytes);

describe("the blocks below a snapshot", () => {
  it("come in pieces, end at the snapshot's block, and what lies above is passed over", () => {
    const tail = new TailDownload(manifest, height(3));
    expect(tail.take(bytes(chain.blocks.slice(2, 5)))).toBe("more");
    expect(tail.next).toBe(6n);
    expect(tail.take([])).toBe("more");
    const all = tail.take(bytes(chain.blocks.slice(5)));
    expect(typeof all === "string" ? all : all.map(({ header }) => header.height)).toEqual([3n, 4n, 5n, 6n, 7n, 8n]);
  });

  it("[F2] a chain that does not lead to the proved block is refused whole, and begun anew", () => {
    const tail = new TailDownload(manifest, height(3));
    expect(tail.take(bytes(other.blocks.slice(2)))).toBe("wrong");
    expect(tail.next).toBe(3n);
    expect(typeof tail.take(bytes(chain.blocks.slice(2)))).toBe("object");
  });

  it("[§8] an answer to another question is left alone, and one that the blocks before it do not lead to blames nobody", () => {
    const tail = new TailDownload(manifest, height(3));
    expect(tail.take([])).toBe("more");
    expect(tail.take(bytes(chain.blocks.slice(8)))).toBe("other");
    expect(tail.take(bytes(other.blocks.slice(2, 5)))).toBe("more");
    expect(tail.take(bytes(chain.blocks.slice(6)))).toBe("other");
    expect(tail.next).toBe(6n);
    expect(tail.take(bytes(chain.blocks.slice(5)))).toBe("unlinked");
    expect(typeof tail.take(bytes(chain.blocks.slice(2)))).toBe("object");
  });

  it("[I12] takes no more bytes than are to be had, however well they link", () => {
    const pieces = bytes(chain.blocks.slice(2));
    const size = pieces.slice(0, 4).reduce((sum, { length }) => sum + length, 0);
    expect(new TailDownload(manifest, height(3), size).take(pieces)).toBe("tooLarge");
  });

  it("[I12] a gap, a block of another chain, and what is no block are refused", () => {
    for (const pieces of [
      [chain.blocks[2]!.bytes, chain.blocks[4]!.bytes],
      [chain.blocks[2]!.bytes, other.blocks[3]!.bytes],
      [chain.blocks[2]!.bytes, Uint8Array.of(1, 2, 3)],
    ]) {
      expect(new TailDownload(manifest, height(3)).take(pieces)).toBe("wrong");
    }
  });
});
