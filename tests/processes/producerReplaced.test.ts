import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevnet, type Devnet, runDevnet, sleepMs } from "@sealwright/devnet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-switch-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

type ThreadView = Awaited<ReturnType<Devnet["clients"][number]["thread"]>>;

function threadSeenBy(devnet: Devnet, node: number): Promise<ThreadView> {
  return devnet.clients[node]!.thread(0);
}

function heightOf({ final }: ThreadView): bigint {
  return BigInt(final?.height ?? 0);
}

function placeOf(devnet: Devnet, keeperId: string): number {
  return devnet.endpoints.findIndex((endpoint) => endpoint.keeperId === keeperId);
}

/** What a node tells of the first block of a later term, and of the block below it. */
async function firstOfLaterTerm(devnet: Devnet, node: number, from: bigint) {
  const client = devnet.clients[node]!;
  for (let below = (await client.blockTimeline({ thread: 0, height: from })).blocks[0]; ;) {
    const next = BigInt(below!.block.height) + 1n;
    const [first] = (await client.blockTimeline({ thread: 0, height: next })).blocks;
    if (first!.block.term !== below!.block.term) return { first: first!, below: below! };
    below = first;
  }
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await isSo()) return;
    await sleepMs(100);
  }
  throw new Error(`it never came: ${what}`);
}

describe("a network of processes whose producer is killed with kill -9 under load", () => {
  it("[S1..S5, M2] goes on under another producer, settles every message, and takes the killed keeper back", async () => {
    await using devnet = await createDevnet({
      executor: "ledger",
      nodes: 4,
      threads: 1,
      accounts: 40,
      dataDir: join(dir, "devnet"),
      nodeCommand: [process.execPath, BIN, "node"],
      ports: { api: 0, keeper: 0 },
    });
    const over = new AbortController();
    const run = runDevnet(devnet, { loadPerS: 60, durationMs: null, settleMs: 30_000, signal: over.signal });
    await sleepMs(2_000);
    const before = await threadSeenBy(devnet, 0);
    const killed = placeOf(devnet, before.producer.keeperId);
    const witness = (killed + 1) % 4;
    await devnet.kill(killed);
    const atKill = await threadSeenBy(devnet, witness);
    await until(async () => {
      const now = await threadSeenBy(devnet, witness);
      return now.producer.keeperId !== before.producer.keeperId && heightOf(now) > heightOf(atKill) + 5n;
    }, "final blocks of another producer");
    await devnet.restart(killed);
    await until(async () => {
      const [mine, others] = [await threadSeenBy(devnet, killed), await threadSeenBy(devnet, witness)];
      return mine.producer.keeperId === others.producer.keeperId && heightOf(mine) + 5n > heightOf(others);
    }, "the killed keeper, back at the tip");
    for (const node of [killed, witness]) {
      const { first, below } = await firstOfLaterTerm(devnet, node, heightOf(atKill));
      // Who was there may name a step that took even longer on this machine.
      if (node === killed) expect(first.delay?.reason, "the first block after the switch").toBe("producerReplaced");
      expect(below.carriedBy, `node ${node} of the last block before it`).toBe(first.block.blockId);
      expect(below.votes.length).toBeGreaterThanOrEqual(3);
    }
    over.abort();
    const report = await run;
    expect(report.invariants.violations).toEqual([]);
    expect(report.nodesAgree).toBe(true);
    expect(report.messages).toMatchObject({ lost: 0, unsettled: 0, expired: 0, rejected: 0 });
    expect(report.messages.final).toBe(report.messages.sent);
  });
});
