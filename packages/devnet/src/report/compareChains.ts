import type { BlockHeadlineJson, SealwrightClient } from "@sealwright/api/client";
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
  /** Above the genesis, the highest height at which any node begins: what is below was pruned there. */
  readonly comparedFrom: bigint;
  /** Final blocks from there on, all of them compared. */
  readonly blocks: readonly BlockHeadlineJson[];
}

export interface ComparedChains {
  readonly nodesAgree: boolean;
  readonly threads: readonly ComparedThread[];
  /** Those that have all of `threads` final: whose word on the accounts belongs to these blocks. */
  readonly upToDate: readonly SealwrightClient[];
}

export interface ComparedNode {
  /** As the devnet counts it. */
  readonly index: number;
  readonly client: SealwrightClient;
  /** It was cut off: it need not be where the others are, and what it has must be the same. */
  readonly mayLag: boolean;
}

export function allAlike(clients: readonly SealwrightClient[]): readonly ComparedNode[] {
  return clients.map((client, index) => ({ index, client, mayLag: false }));
}

export interface CompareOptions {
  /** What it saw become final is compared too. */
  readonly monitor?: FinalityMonitor | null;
  /** How long a node may take to get to where the first one is. */
  readonly catchUpMs?: number;
  /** Of the network, with those that cannot be asked; as many as `nodes` unless told. */
  readonly keepers?: number;
}

const CATCH_UP_MS_MAX = 10_000;
const READS_AT_ONCE = 4;
/** The oldest block may be pruned while it is looked for. */
const EMPTY_PAGES_MAX = 3;

/**
 * Reads every final block of every thread from every node, and compares ids and state roots at all heights that no node
 * has pruned; along the way: each block's parent is the one below it (I5), and what was once called final still is (I4).
 */
export async function compareChains(
  nodes: readonly ComparedNode[],
  checks: Checks,
  { monitor = null, catchUpMs = CATCH_UP_MS_MAX, keepers = nodes.length }: CompareOptions = {},
): Promise<ComparedChains> {
  if (nodes.length === 0) {
    checks.check("agree", false, () => "no node could be asked");
    return { nodesAgree: false, threads: [], upToDate: [] };
  }
  const { wanted, reached } = await finalEverywhere(nodes, checks, catchUpMs);
  const isUpToDate = reached.map((heights) => heights.every((height, t) => height >= wanted[t]!.height));
  let nodesAgree = isUpToDate.every((is, i) => is || nodes[i]!.mayLag);
  const threads: ComparedThread[] = [];
  for (const [t, { threadId, index, height }] of wanted.entries()) {
    const read = await inParallel(nodes, READS_AT_ONCE, ({ client }, node) =>
      readChain(client, index, min(height, reached[node]![t]!)),
    );
    const heights = reached.map((all) => min(height, all[t]!));
    // Of keepers that were all cut off, each may be ahead in another thread.
    const reference = heights.indexOf(max(heights));
    const comparedFrom = max(read.map((chain) => BigInt(chain[0]?.height ?? 1)));
    const chains = read.map((chain) => chain.filter(({ height: at }) => BigInt(at) >= comparedFrom));
    const { agree, compared } = compareNodes(index, nodes, chains, { heights, reference, comparedFrom, checks });
    // Silence is no agreement: only a network of one keeper has nothing to compare.
    const isCompared = keepers === 1 || compared > 0;
    checks.check(
      "agree",
      isCompared,
      () => `no final block of thread ${index} could be compared: ${nodes.length} of ${keepers} keepers could be asked`,
    );
    nodesAgree &&= agree && isCompared;
    const blocks = chains[reference]!;
    checkLinks(index, blocks, checks, monitor);
    threads.push({ threadId, index, finalizedHeight: height, comparedFrom, blocks });
  }
  return { nodesAgree, threads, upToDate: nodes.filter((_, node) => isUpToDate[node]).map(({ client }) => client) };
}

interface ThreadHeight {
  readonly threadId: string;
  readonly index: number;
  readonly height: bigint;
}

/** The highest height that any node has final now, and what each node has of it when all had time to get there. */
async function finalEverywhere(
  nodes: readonly ComparedNode[],
  checks: Checks,
  catchUpMs: number,
): Promise<{ readonly wanted: readonly ThreadHeight[]; readonly reached: readonly (readonly bigint[])[] }> {
  const seen = await inParallel(nodes, nodes.length, ({ client }) => finalHeights(client));
  const wanted = seen[0]!.map((first, t) => ({ ...first, height: max(seen.map((threads) => threads[t]!.height)) }));
  const deadlineMs = wakefulClock.monotonicMs() + catchUpMs;
  const reached = await inParallel(nodes, nodes.length, async ({ client, mayLag }, node) => {
    let now = seen[node]!;
    while (
      !mayLag &&
      now.some(({ height }, t) => height < wanted[t]!.height) &&
      wakefulClock.monotonicMs() < deadlineMs
    ) {
      await sleepMs(100);
      now = await finalHeights(client);
    }
    return now.map(({ height }) => height);
  });
  for (const [node, heights] of reached.entries()) {
    const { index: name, mayLag } = nodes[node]!;
    if (mayLag) continue;
    for (const [t, height] of heights.entries()) {
      const { index, height: highest } = wanted[t]!;
      checks.check(
        "agree",
        height >= highest,
        () => `node ${name} has thread ${index} final up to ${height} only, another up to ${highest}`,
      );
    }
  }
  return { wanted, reached };
}

async function finalHeights(client: SealwrightClient): Promise<ThreadHeight[]> {
  const threads = await client.threads();
  return threads.map(({ threadId, index, final }) => ({ threadId, index, height: BigInt(final?.height ?? 0) }));
}

async function readChain(client: SealwrightClient, thread: number, height: bigint): Promise<BlockHeadlineJson[]> {
  const blocks: BlockHeadlineJson[] = [];
  let emptyPages = 0;
  for (let from = 1n; from <= height;) {
    // What is pruned is passed over: the first page begins at the oldest block that is there.
    const page = (await client.blocks({ thread, from, limit: limits.BLOCKS_PER_RESPONSE_MAX })).blocks;
    if (page.length === 0 && ++emptyPages < EMPTY_PAGES_MAX) continue;
    if (page.length === 0) break;
    blocks.push(...page.filter((block) => BigInt(block.height) <= height));
    from = BigInt(page[page.length - 1]!.height) + 1n;
  }
  return blocks;
}

interface NodesCompared {
  readonly heights: readonly bigint[];
  /** Whose blocks the others' are held against. */
  readonly reference: number;
  readonly comparedFrom: bigint;
  readonly checks: Checks;
}

function compareNodes(
  thread: number,
  nodes: readonly ComparedNode[],
  chains: readonly BlockHeadlineJson[][],
  { heights, reference, comparedFrom, checks }: NodesCompared,
): { readonly agree: boolean; readonly compared: number } {
  let agree = true;
  let compared = 0;
  const compare = (holds: boolean, describe: () => string): void => {
    checks.check("agree", holds, describe);
    agree &&= holds;
  };
  const referenceName = nodes[reference]?.index;
  const referenceBlocks = new Map(chains[reference]?.map((block) => [block.height, block]));
  for (const [node, chain] of chains.entries()) {
    const name = nodes[node]!.index;
    // A node that lags may end below where the others begin.
    const expected = max([heights[node]! - comparedFrom + 1n]);
    compare(
      BigInt(chain.length) === expected,
      () => `node ${name} gives ${chain.length} of ${expected} blocks of thread ${thread}`,
    );
    for (const block of chain) {
      const other = referenceBlocks.get(block.height);
      const place = `thread ${thread}, height ${block.height}`;
      compare(block.status === "final", () => `${place} is ${block.status} on node ${name}`);
      if (node === reference || other === undefined) continue;
      compared++;
      compare(
        other.blockId === block.blockId,
        () => `${place}: node ${referenceName} has ${other.blockId}, node ${name} ${block.blockId}`,
      );
      compare(
        other.stateRoot === block.stateRoot,
        () => `${place}: the state roots of nodes ${referenceName} and ${name} differ`,
      );
    }
  }
  return { agree, compared };
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

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
