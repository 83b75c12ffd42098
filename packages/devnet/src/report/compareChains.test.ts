import type { BlockHeadlineJson, SealwrightClient } from "@sealwright/api";
import { DEFAULT_THREAD_ID } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { Checks } from "./checks.js";
import { allAlike, compareChains } from "./compareChains.js";

const idAt = (height: number, fork = "a"): string => `${fork}${height}`.padEnd(64, "0");

function chainOf(length: number): BlockHeadlineJson[] {
  return Array.from({ length }, (_, i) => ({
    blockId: idAt(i + 1),
    threadId: DEFAULT_THREAD_ID,
    height: String(i + 1),
    term: "0",
    parentId: idAt(i),
    producer: "",
    timeMs: 0,
    envelopeHash: "",
    stateRoot: `root ${i + 1}`,
    status: "final",
    sizeBytes: 1,
    messageCount: 0,
  }));
}

/** A node of one thread that serves pages of 64 blocks. */
function nodeWith(chain: readonly BlockHeadlineJson[]): SealwrightClient {
  return nodeOf([chain]);
}

/** The same chain without its first blocks. */
function prunedBelow(oldest: number, chain: readonly BlockHeadlineJson[]): readonly BlockHeadlineJson[] {
  return chain.slice(oldest - 1);
}

/** @param chains per thread */
function nodeOf(chains: readonly (readonly BlockHeadlineJson[])[]): SealwrightClient {
  const threads = chains.map((chain, index) => {
    return {
      threadId: DEFAULT_THREAD_ID,
      index,
      final: chain.length === 0 ? null : { height: chain[chain.length - 1]!.height },
    };
  });
  return {
    threads: () => Promise.resolve(threads),
    blocks: ({ thread, from, limit }: { thread: number; from: bigint; limit: number }) =>
      Promise.resolve({
        blocks: chains[thread]!.filter(({ height }) => BigInt(height) >= from).slice(0, limit),
        next: null,
      }),
  } as unknown as SealwrightClient;
}

async function compare(...chains: (readonly BlockHeadlineJson[])[]) {
  const checks = new Checks();
  const compared = await compareChains(allAlike(chains.map(nodeWith)), checks, { catchUpMs: 1 });
  return { ...compared, violations: checks.violations, checked: checks.checked };
}

describe("compareChains", () => {
  it("reads every height of every node, in pages", async () => {
    const { nodesAgree, threads, violations, checked } = await compare(chainOf(150), chainOf(150), chainOf(150));
    expect({ nodesAgree, violations }).toEqual({ nodesAgree: true, violations: [] });
    expect(threads).toMatchObject([{ index: 0, finalizedHeight: 150n, comparedFrom: 1n }]);
    expect(threads[0]?.blocks).toHaveLength(150);
    expect(checked).toBeGreaterThan(3 * 150);
  });

  it("finds one different block id among all heights", async () => {
    const other = chainOf(100);
    other[69] = { ...other[69]!, blockId: idAt(70, "b") };
    const { nodesAgree, violations } = await compare(chainOf(100), chainOf(100), other);
    expect(nodesAgree).toBe(false);
    expect(violations).toEqual([expect.stringContaining("thread 0, height 70: node 0 has a70")]);
  });

  it("finds one different state root", async () => {
    const other = chainOf(5);
    other[4] = { ...other[4]!, stateRoot: "another" };
    const { nodesAgree, violations } = await compare(chainOf(5), other);
    expect(nodesAgree).toBe(false);
    expect(violations).toEqual(["agree: thread 0, height 5: the state roots of nodes 0 and 1 differ"]);
  });

  it("[I5] finds a block that does not follow the one below it", async () => {
    const broken = chainOf(5);
    broken[2] = { ...broken[2]!, parentId: idAt(2, "b") };
    const { violations } = await compare(broken);
    expect(violations).toEqual(["I5: thread 0, height 3 does not follow the block below it"]);
  });

  it("finds a node that stays behind, and still compares what it has", async () => {
    const behind = chainOf(3);
    behind[1] = { ...behind[1]!, blockId: idAt(2, "b") };
    const { nodesAgree, violations, upToDate } = await compare(behind, chainOf(5));
    expect(nodesAgree).toBe(false);
    expect(upToDate).toHaveLength(1);
    expect(violations).toEqual([
      "agree: node 0 has thread 0 final up to 3 only, another up to 5",
      expect.stringContaining("thread 0, height 2: node 1 has a20"),
    ]);
  });

  it("lets a node that was cut off lag, and compares what it has", async () => {
    const compareCutOff = async (chain: BlockHeadlineJson[]) => {
      const checks = new Checks();
      const [whole, cutOff] = [nodeWith(chainOf(5)), nodeWith(chain)];
      const nodes = [
        { index: 1, client: whole, mayLag: false },
        { index: 3, client: cutOff, mayLag: true },
      ];
      return { ...(await compareChains(nodes, checks, { catchUpMs: 1 })), violations: checks.violations };
    };
    expect(await compareCutOff(chainOf(3))).toMatchObject({ nodesAgree: true, violations: [] });
    const other = chainOf(3);
    other[1] = { ...other[1]!, blockId: idAt(2, "b") };
    const { nodesAgree, violations } = await compareCutOff(other);
    expect(nodesAgree).toBe(false);
    expect(violations).toEqual([expect.stringContaining("thread 0, height 2: node 1 has a20")]);
  });

  it("compares keepers of which all were cut off, and each may be ahead in another thread", async () => {
    const compareTwo = async (first: readonly BlockHeadlineJson[][], second: readonly BlockHeadlineJson[][]) => {
      const checks = new Checks();
      const nodes = [first, second].map((chains, index) => ({ index, client: nodeOf(chains), mayLag: true }));
      return { ...(await compareChains(nodes, checks)), violations: checks.violations };
    };
    const alike = await compareTwo([chainOf(5), chainOf(3)], [chainOf(4), chainOf(6)]);
    expect(alike).toMatchObject({ nodesAgree: true, violations: [], upToDate: [] });
    expect(alike.threads.map(({ blocks }) => blocks.length)).toEqual([5, 6]);
    const other = chainOf(4);
    other[1] = { ...other[1]!, blockId: idAt(2, "b") };
    const forked = await compareTwo([chainOf(5), chainOf(3)], [other, chainOf(6)]);
    expect(forked.nodesAgree).toBe(false);
    expect(forked.violations).toEqual([expect.stringContaining("thread 0, height 2: node 0 has a20")]);
  });

  it("[D7] does not call it agreement when there was nothing to compare with", async () => {
    const compareOf = async (keepers: number, ...chains: BlockHeadlineJson[][]) => {
      const checks = new Checks();
      const nodes = chains.map((chain, index) => ({ index, client: nodeWith(chain), mayLag: true }));
      return { ...(await compareChains(nodes, checks, { keepers })), violations: checks.violations };
    };
    const lone = await compareOf(4, chainOf(5));
    expect(lone.nodesAgree).toBe(false);
    expect(lone.violations).toEqual([
      "agree: no final block of thread 0 could be compared: 1 of 4 keepers could be asked",
    ]);
    expect((await compareOf(4, chainOf(5), chainOf(0))).nodesAgree).toBe(false);
    expect(await compareOf(1, chainOf(5))).toMatchObject({ nodesAgree: true, violations: [] });
  });

  it("[D7] does not call it agreement when no node could be asked", async () => {
    const checks = new Checks();
    expect(await compareChains([], checks)).toMatchObject({ nodesAgree: false, threads: [] });
    expect(checks.violations).toEqual(["agree: no node could be asked"]);
  });

  it("finds a height that a node does not give, and one that is not final", async () => {
    const short = [...chainOf(5).slice(0, 3), ...chainOf(5).slice(4)];
    const undone = chainOf(5);
    undone[1] = { ...undone[1]!, status: "abandoned" };
    const lying = { ...nodeWith(short), threads: nodeWith(chainOf(5)).threads.bind(null) } as SealwrightClient;
    const checks = new Checks();
    expect((await compareChains(allAlike([lying]), checks)).nodesAgree).toBe(false);
    expect(checks.violations).toContain("agree: node 0 gives 4 of 5 blocks of thread 0");
    expect((await compare(undone)).violations).toEqual(["agree: thread 0, height 2 is abandoned on node 0"]);
  });

  it("compares nodes that pruned their first blocks from where the last of them begins", async () => {
    const alike = await compare(prunedBelow(33, chainOf(300)), prunedBelow(65, chainOf(300)), chainOf(300));
    expect(alike).toMatchObject({ nodesAgree: true, violations: [] });
    expect(alike.threads).toMatchObject([{ finalizedHeight: 300n, comparedFrom: 65n }]);
    expect(alike.threads[0]?.blocks).toHaveLength(236);
    const other = chainOf(300);
    other[69] = { ...other[69]!, blockId: idAt(70, "b") };
    const forked = await compare(prunedBelow(33, chainOf(300)), prunedBelow(65, other));
    expect(forked.nodesAgree).toBe(false);
    expect(forked.violations).toEqual([expect.stringContaining("thread 0, height 70: node 0 has a70")]);
  });

  it("finds a node that lags behind where all others begin, and asks nothing of one that was cut off there", async () => {
    const nodes = (mayLag: boolean) => [
      { index: 0, client: nodeWith(prunedBelow(65, chainOf(100))), mayLag: false },
      { index: 1, client: nodeWith(prunedBelow(65, chainOf(100))), mayLag: false },
      { index: 2, client: nodeWith(chainOf(40)), mayLag },
    ];
    const cutOff = new Checks();
    expect((await compareChains(nodes(true), cutOff, { catchUpMs: 1 })).nodesAgree).toBe(true);
    expect(cutOff.violations).toEqual([]);
    const late = new Checks();
    expect((await compareChains(nodes(false), late, { catchUpMs: 1 })).nodesAgree).toBe(false);
    expect(late.violations).toEqual(["agree: node 2 has thread 0 final up to 40 only, another up to 100"]);
  });
});
