import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevnet, type Fault, runDevnet } from "@sealwright/devnet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-faults-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function openDevnet() {
  return createDevnet({
    executor: "ledger",
    nodes: 4,
    threads: 1,
    accounts: 40,
    dataDir: join(dir, "devnet"),
    nodeCommand: [process.execPath, BIN, "node"],
    ports: { api: 0, keeper: 0 },
  });
}

const keeper = (index: number) => ({ type: "keeper", index }) as const;
const producer = { type: "producer", thread: "0" } as const;

describe("a network of processes with planned faults", () => {
  it("[D9, I9] loses nothing and agrees when keepers are killed, stopped and cut off one after the other, and tells what each did", async () => {
    await using devnet = await openDevnet();
    const { keeperId } = (await devnet.clients[0]!.thread(0)).producer;
    const producing = devnet.endpoints.findIndex((one) => one.keeperId === keeperId);
    const [a, b] = [0, 1, 2, 3].filter((index) => index !== producing) as [number, number];
    const faults: Fault[] = [
      { atMs: 1_500, action: "partition", target: keeper(a) },
      { atMs: 4_000, action: "heal", target: null },
      { atMs: 8_000, action: "stop", target: producer },
      // By then another one produces: it means the one that stands still.
      { atMs: 11_500, action: "cont", target: producer },
      { atMs: 12_500, action: "kill", target: keeper(b) },
    ];
    const report = await runDevnet(devnet, { loadPerS: 40, durationMs: 15_000, settleMs: 20_000, faults });
    expect(report.invariants.violations).toEqual([]);
    expect(report.nodesAgree).toBe(true);
    expect(report.messages).toMatchObject({ lost: 0, unsettled: 0, expired: 0, rejected: 0 });
    expect(
      report.faults.map(({ at, action, target, keeper: who, failure }) => [at, action, target, who, failure]),
    ).toEqual([
      ["1.5s", "partition", `keeper:${a}`, a, null],
      ["4s", "heal", null, null, null],
      ["8s", "stop", "producer:0", producing, null],
      ["11.5s", "cont", "producer:0", producing, null],
      ["12.5s", "kill", `keeper:${b}`, b, null],
    ]);
    // The thread has no other producer while this one stands still, or must first replace it.
    expect(report.faults[2]?.blipMs).toBeGreaterThan(500);
    // A keeper that is dead at the end has no figures.
    expect(report.perNode.map(({ rssMb }) => rssMb > 0)).toEqual([0, 1, 2, 3].map((index) => index !== b));
  });

  it("[D9] cuts a keeper off from all others, also across its restart, until it is healed", async () => {
    await using devnet = await openDevnet();
    const connectedOf = async (index: number): Promise<number> =>
      (await devnet.clients[index]!.keepers()).filter(({ link }) => link === "connected").length;
    const { keeperId } = (await devnet.clients[0]!.thread(0)).producer;
    const index = devnet.endpoints.findIndex((one) => one.keeperId !== keeperId);
    const other = devnet.endpoints.findIndex((one) => one.keeperId === keeperId);
    devnet.cutOff(index);
    await expect.poll(() => connectedOf(index), { timeout: 10_000 }).toBe(0);
    await expect.poll(() => connectedOf(other), { timeout: 10_000 }).toBe(2);
    await devnet.kill(index);
    const restarted = devnet.restart(index);
    await expect.poll(() => connectedOf(index), { timeout: 30_000 }).toBe(0);
    devnet.heal();
    await restarted;
    await expect.poll(() => connectedOf(index), { timeout: 10_000 }).toBe(3);
  });

  it("[D9] is not good when a fault could not be done", async () => {
    await using devnet = await openDevnet();
    const faults: Fault[] = [{ atMs: 200, action: "kill", target: { type: "producer", thread: "9" } }];
    const report = await runDevnet(devnet, { loadPerS: 0, durationMs: 1_000, faults });
    expect(report.faults[0]?.failure).toContain("no keeper says who produces thread 9");
    expect(report.invariants.violations).toEqual([expect.stringContaining('fault: "0.2s kill producer:9"')]);
  });
});
