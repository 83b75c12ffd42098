import type { BlockHeadlineJson, SealwrightClient } from "@sealwright/api";
import { limits } from "@sealwright/types";
import { inParallel } from "../inParallel.js";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import type { Checks } from "./checks.js";
import type { FinalityMonitor } from "./finalityMonitor.js";

export interface ComparedThread {
  readonly threadId: string;
  readonly index: number;
  /** What every node has final. */
  readonly finalizedHeight: bigint;
  /** Final blocks above the genesis, all of them compared. */
  readonly blocks: readonly BlockHeadlineJson[];
}

export interface ComparedChains {
  readonly nodesAgree: boolean;
  readonly threads: readonly ComparedThread[];
}

const CATCH_UP_MS_MAX = 10_000;
const READS_AT_ONCE = 4;

/**
 * Reads every final block of every thread from every node, and compares ids and state roots; along the way: each block's
 * parent is the one below it (I5), and what was once called final still is (I4).
 */
export async function compareChains(
  clients: readonly SealwrightClient[],
  checks: Checks,
  monitor: FinalityMonitor | null,
): Promise<ComparedChains> {
  const { heights, allReached } = await commonHeights(clients, checks);
  let nodesAgree = allReached;
  const threads: ComparedThread[] = [];
  for (const { threadId, index, height } of heights) {
    const chains = await inParallel(clients, READS_AT_ONCE, (client) => readChain(client, index, height));
    if (!compareNodes(index, height, chains, checks)) nodesAgree = false;
    const [blocks = []] = chains;
    checkLinks(index, blocks, checks, monitor);
    threads.push({ threadId, index, finalizedHeight: height, blocks });
  }
  return { nodesAgree, threads };
}

interface ThreadHeight {
  readonly threadId: string;
  readonly index: number;
  readonly height: bigint;
}

/** The highest height that any node has final now, once every node has it too. */
async function commonHeights(
  clients: readonly SealwrightClient[],
  checks: Checks,
): Promise<{ readonly heights: readonly ThreadHeight[]; readonly allReached: boolean }> {
  const seen = await inParallel(clients, clients.length, finalHeights);
  const wanted = seen[0]!.map((first, t) => ({ ...first, height: max(seen.map((threads) => threads[t]!.height)) }));
  const deadlineMs = wakefulClock.monotonicMs() + CATCH_UP_MS_MAX;
  let allReached = true;
  const lowest = wanted.map(({ height }) => height);
  for (const [node, client] of clients.entries()) {
    let now = seen[node]!;
    const isThere = (): boolean => now.every(({ height }, t) => height >= wanted[t]!.height);
    while (!isThere() && wakefulClock.monotonicMs() < deadlineMs) {
      await sleepMs(100);
      now = await finalHeights(client);
    }
    for (const [t, { height }] of now.entries()) {
      const reached = height >= wanted[t]!.height;
      checks.check(
        "agree",
        reached,
        () => `node ${node} has thread ${t} final up to ${height} only, another up to ${wanted[t]!.height}`,
      );
      if (reached) continue;
      allReached = false;
      if (height < lowest[t]!) lowest[t] = height;
    }
  }
  return { heights: wanted.map((thread, t) => ({ ...thread, height: lowest[t]! })), allReached };
}

async function finalHeights(client: SealwrightClient): Promise<ThreadHeight[]> {
  const threads = await client.threads();
  return threads.map(({ threadId, index, final }) => ({ threadId, index, height: BigInt(final?.height ?? 0) }));
}

async function readChain(client: SealwrightClient, thread: number, height: bigint): Promise<BlockHeadlineJson[]> {
  const blocks: BlockHeadlineJson[] = [];
  for (let from = 1n; from <= height;) {
    const page = (await client.blocks({ thread, from, limit: limits.BLOCKS_PER_RESPONSE_MAX })).blocks;
    if (page.length === 0) break;
    blocks.push(...page.filter((block) => BigInt(block.height) <= height));
    from = BigInt(page[page.length - 1]!.height) + 1n;
  }
  return blocks;
}

function compareNodes(thread: number, height: bigint, chains: readonly BlockHeadlineJson[][], checks: Checks): boolean {
  let agree = true;
  const compare = (holds: boolean, describe: () => string): void => {
    checks.check("agree", holds, describe);
    agree &&= holds;
  };
  for (const [node, chain] of chains.entries()) {
    compare(
      BigInt(chain.length) === height,
      () => `node ${node} gives ${chain.length} of ${height} blocks of thread ${thread}`,
    );
    for (const [i, block] of chain.entries()) {
      const first = chains[0]![i];
      const place = `thread ${thread}, height ${block.height}`;
      compare(block.status === "final", () => `${place} is ${block.status} on node ${node}`);
      if (node === 0 || first === undefined) continue;
      compare(
        first.blockId === block.blockId,
        () => `${place}: node 0 has ${first.blockId}, node ${node} ${block.blockId}`,
      );
      compare(first.stateRoot === block.stateRoot, () => `${place}: the state roots of nodes 0 and ${node} differ`);
    }
  }
  return agree;
}

function checkLinks(
  thread: number,
  blocks: readonly BlockHeadlineJson[],
  checks: Checks,
  monitor: FinalityMonitor | null,
): void {
  for (const [i, block] of blocks.entries()) {
    const place = `thread ${thread}, height ${block.height}`;
    const parent = blocks[i - 1];
    if (parent !== undefined)
      checks.check("I5", block.parentId === parent.blockId, () => `${place} does not follow the block below it`);
    const seen = monitor?.finalAt(block.threadId, BigInt(block.height)) ?? null;
    if (seen !== null)
      checks.check("I4", seen === block.blockId, () => `${place}: ${seen} was final and is not any more`);
  }
}

function max(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (b > a ? b : a), 0n);
}
