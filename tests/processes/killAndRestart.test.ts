import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createDevnet, type Devnet, runDevnet, sleepMs } from "@sealwright/devnet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-kill-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function producerOf(devnet: Devnet, thread: number): Promise<number> {
  const { producer } = await devnet.clients[0]!.thread(thread);
  return devnet.endpoints.findIndex(({ keeperId }) => keeperId === producer.keeperId);
}

async function killAndRestart(devnet: Devnet, index: number): Promise<void> {
  const before = devnet.pid(index);
  await devnet.kill(index);
  await sleepMs(500);
  await devnet.restart(index);
  expect(devnet.pid(index)).not.toBe(before);
}

describe("a network of processes under load", () => {
  it("[I9] loses no message that was told included, and ends with equal nodes, when a keeper and then a producer are killed", async () => {
    await using devnet = await createDevnet({
      executor: "ledger",
      nodes: 4,
      threads: 2,
      accounts: 40,
      dataDir: join(dir, "devnet"),
      nodeCommand: [process.execPath, BIN, "node"],
      ports: { api: 0, keeper: 0 },
    });
    const producers = [await producerOf(devnet, 0), await producerOf(devnet, 1)];
    const follower = [0, 1, 2, 3].find((index) => !producers.includes(index))!;
    const over = new AbortController();
    const run = runDevnet(devnet, { loadPerS: 60, durationMs: null, settleMs: 20_000, signal: over.signal });
    await sleepMs(2_000);
    await killAndRestart(devnet, follower);
    await sleepMs(500);
    await killAndRestart(devnet, producers[0]!);
    await sleepMs(1_000);
    over.abort();
    const report = await run;
    expect(report.invariants.violations).toEqual([]);
    expect(report.nodesAgree).toBe(true);
    expect(report.messages).toMatchObject({
      lost: 0,
      unsettled: 0,
      expired: 0,
      rejected: 0,
      final: report.messages.sent,
    });
    expect(report.messages.sent).toBeGreaterThan(100);
    expect(report.threads.map(({ finalizedHeight }) => finalizedHeight > 0)).toEqual([true, true]);
  });

  it("leaves no keeper running when the process that started it is killed with kill -9", async () => {
    const args = [
      "--nodes",
      "2",
      "--threads",
      "1",
      "--accounts",
      "2",
      "--port",
      "0",
      "--data-dir",
      join(dir, "devnet"),
    ];
    const parent = spawn(process.execPath, [BIN, "devnet", "--json", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pids = await startedPids(parent.stdout);
    expect(pids).toHaveLength(2);
    expect(pids.map(isAlive)).toEqual([true, true]);
    parent.kill("SIGKILL");
    while (pids.some(isAlive)) await sleepMs(50);
    expect(pids.map(isAlive)).toEqual([false, false]);
  });
});

/** From the line that says that the network runs. */
async function startedPids(stdout: NodeJS.ReadableStream): Promise<number[]> {
  for await (const line of createInterface({ input: stdout })) {
    const event = JSON.parse(line) as { event: string; nodes?: { pid: number }[] };
    if (event.event === "started") return (event.nodes ?? []).map(({ pid }) => pid);
  }
  return [];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
