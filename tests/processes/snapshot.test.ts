import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevnet, type Devnet, sleepMs } from "@sealwright/devnet";
import { nodeDirOf } from "@sealwright/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-snapshot-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function keepFewBlocks(path: string): Promise<void> {
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/finalBlocks: \d+/, "finalBlocks: 100"));
}

async function finalOf(devnet: Devnet, node: number): Promise<number> {
  return Number((await devnet.clients[node]!.thread(0)).final?.height ?? 0);
}

describe("a keeper whose peers forgot the blocks that it lacks", () => {
  it("[I3, I6] comes back from nothing by a verified snapshot, votes again, and holds the same chain and state", async () => {
    const dataDir = join(dir, "devnet");
    await using devnet = await createDevnet({
      executor: "ledger",
      nodes: 4,
      threads: 1,
      accounts: 20,
      dataDir,
      nodeCommand: [process.execPath, BIN, "node"],
      ports: { api: 0, keeper: 0 },
      settings: { productionTimeoutMs: 60, minBlockIntervalMs: 1, shareStateEvery: 200 },
    });
    for (const index of [0, 1, 2, 3]) {
      await keepFewBlocks(join(nodeDirOf(dataDir, index), "node.yaml"));
      await devnet.restart(index);
    }
    const { producer } = await devnet.clients[0]!.thread(0);
    const leader = devnet.endpoints.findIndex(({ keeperId }) => keeperId === producer.keeperId);
    const [lost, third] = [(leader + 1) % 4, (leader + 2) % 4];
    await devnet.kill(lost);
    await rm(join(nodeDirOf(dataDir, lost), "data"), { recursive: true });
    while ((await finalOf(devnet, leader)) < 450) await sleepMs(200);
    while ((await devnet.clients[leader]!.block({ thread: 0, height: 5 })) !== null) await sleepMs(200);
    const log = devnet.endpoints[lost]!.log;
    await devnet.restart(lost);
    const told = await readFile(log, "utf8");
    for (const step of ["snapshot.begun", "snapshot.verified", "snapshot.adopted"]) expect(told).toContain(step);
    // A quorum of three needs its votes now.
    await devnet.kill(third);
    const at = (await finalOf(devnet, lost)) + 20;
    while ((await finalOf(devnet, lost)) < at) await sleepMs(100);
    const ids = await Promise.all(
      [leader, lost].map(async (node) => (await devnet.clients[node]!.block({ thread: 0, height: at - 10 }))?.blockId),
    );
    expect(ids[0]).toBeDefined();
    expect(ids[1]).toBe(ids[0]);
  });
});
