import { certify, createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import type { ThreadExecution } from "@sealwright/execution";
import type { Repository } from "@sealwright/store";
import { encodeStateUpdate, sealBlock, type SealedBlock } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { MessageDesk } from "../messages/messageDesk.js";
import { FinalityWriter } from "./finalityWriter.js";

const { rules, root } = createTestNetwork(4);
const NO_CHANGES = encodeStateUpdate([]);

/** Test blocks carry no state update at all; one without changes is written in its place. */
function withoutChanges({ header, body, signature }: SealedBlock): SealedBlock {
  return sealBlock(header, { ...body, stateUpdate: NO_CHANGES }, signature);
}

function heightsOf(blocks: readonly SealedBlock[]): string {
  return blocks.map(({ header }) => header.height).join();
}

describe("making finality durable", () => {
  it("[§9] stores a final block's body once: with its run, or before it with a vote that stands on it", async () => {
    const chain = new TestChain(rules, root);
    chain.grow();
    for (let i = 0; i < 3; i++) chain.growCertified();
    const stored: string[] = [];
    const writer = new FinalityWriter({
      repository: {
        commit: ({ blocks, final }: Parameters<Repository["commit"]>[0]) => {
          stored.push(`${final!.map(({ height }) => height).join()} with bodies of ${heightsOf(blocks!)}`);
          return Promise.resolve();
        },
      } as unknown as Repository,
      execution: { takeTraces: () => [] } as unknown as ThreadExecution,
      desk: () => ({ finalRecords: () => [], releasedBy: () => [] }) as unknown as MessageDesk,
      quorum: rules.keepers.quorum,
      share: () => Promise.resolve(),
      durable: () => Promise.resolve(),
      fail: (error) => stored.push(String(error)),
    });
    const write = (finalCount: number, from: number): void =>
      writer.write({
        chain: chain.blocks.slice(from).map((block, i) => ({
          block: withoutChanges(block),
          facts: chain.facts[from + i + 1]!,
          stored: from + i === 1,
        })),
        finalCount,
        certifiedId: chain.blocks[2]!.id,
        carrierId: chain.blocks[3]!.id,
        certificate: certify(rules, chain.tip),
      });
    write(2, 0);
    expect(heightsOf(writer.takeUnstored())).toBe("1");
    expect(heightsOf(writer.takeUnstored())).toBe("");
    await writer.idle();
    write(1, 2);
    await writer.idle();
    expect(heightsOf(writer.takeUnstored())).toBe("");
    expect(stored).toEqual(["1,2 with bodies of ", "3 with bodies of 3"]);
  });

  it("keeps the state after every block that asks for it, also in the middle of a run: the next one waits until reading it has begun", async () => {
    const chain = new TestChain(rules, root);
    chain.grow();
    for (let i = 0; i < 4; i++) chain.growCertified({ shareState: i === 1 });
    const told: string[] = [];
    const heights = (blocks: readonly { readonly height: bigint }[]): string =>
      blocks.map(({ height }) => height).join();
    const writer = new FinalityWriter({
      repository: {
        commit: ({ final }: Parameters<Repository["commit"]>[0]) => {
          told.push(`on disk ${heights(final!)}`);
          return Promise.resolve();
        },
      } as unknown as Repository,
      execution: { takeTraces: () => [] } as unknown as ThreadExecution,
      desk: () => ({ finalRecords: () => [], releasedBy: () => [] }) as unknown as MessageDesk,
      quorum: rules.keepers.quorum,
      share: async ({ block }) => {
        await Promise.resolve();
        told.push(`kept ${block.header.height}`);
      },
      durable: (finals) => Promise.resolve(void told.push(`final ${heights(finals.map(({ facts }) => facts))}`)),
      fail: (error) => told.push(String(error)),
    });
    const carrier = chain.blocks[4]!;
    writer.write({
      chain: chain.blocks.map((block, i) => ({
        block: withoutChanges(block),
        facts: chain.facts[i + 1]!,
        stored: true,
      })),
      finalCount: 4,
      certifiedId: chain.blocks[3]!.id,
      carrierId: carrier.id,
      certificate: certify(rules, chain.tip),
    });
    await writer.idle();
    expect(told).toEqual(["on disk 1,2,3", "kept 3", "final 1,2,3", "on disk 4", "final 4"]);
  });
});
