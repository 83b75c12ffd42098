import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevnet, type Devnet, sleepMs } from "@sealwright/devnet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
const BLOCKS = 40;

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-lottery-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function finalOf(devnet: Devnet, node: number): Promise<number> {
  return Number((await devnet.clients[node]!.thread(0)).final?.height ?? 0);
}

describe("a network of processes whose lottery picks few verifiers", () => {
  it("[§7] makes the same blocks final everywhere, without a Nack, also after a restart", async () => {
    await using devnet = await createDevnet({
      executor: "ledger",
      nodes: 4,
      threads: 1,
      accounts: 20,
      dataDir: join(dir, "devnet"),
      nodeCommand: [process.execPath, BIN, "node"],
      ports: { api: 0, keeper: 0 },
      settings: {
        productionTimeoutMs: 100,
        verification: { lottery: { verifyWindowMs: 100, unsafeVerifiersForTests: 2 } },
      },
    });
    const reach = async (height: number): Promise<void> => {
      for (const node of [0, 1, 2, 3]) while ((await finalOf(devnet, node)) < height) await sleepMs(100);
    };
    await reach(BLOCKS);
    await devnet.kill(3);
    await devnet.restart(3);
    await reach(2 * BLOCKS);
    const ids = await Promise.all(devnet.clients.map((client) => client.block({ thread: 0, height: 2 * BLOCKS - 5 })));
    expect(new Set(ids.map((block) => block?.blockId)).size).toBe(1);
    expect(ids[0]).not.toBeNull();
    expect(await devnet.clients[0]!.metrics()).toContain('sealwright_nacks{thread="0"} 0');
  });
});
