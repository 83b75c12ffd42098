import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApiClientError } from "@sealwright/api";
import { createDevnet, type Devnet, sleepMs } from "@sealwright/devnet";
import { createStoreMessage } from "@sealwright/execution";
import { UNSEALED_MAX } from "@sealwright/producer";
import type { AccountId, UnixMs } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
const ACCOUNT = "11".repeat(32) as AccountId;
const PER_BLOCK = 100;
const BATCH = 500;
/** Unsettled messages of one account that a node holds. */
const HELD_MAX = 5_000;
/** The account's part of the room is taken, or the line has stood still for longer than a message may wait. */
const TURNED_AWAY: ReadonlySet<string> = new Set(["accountQueueFull", "queueFull"]);

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-withheld-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Clients of one node who all write to one account, as fast as it lets them. */
class Flood {
  readonly accepted: string[] = [];
  readonly refusals = new Set<string>();
  #next = 0;

  constructor(
    private readonly devnet: Devnet,
    private readonly node: number,
  ) {}

  message(): Uint8Array {
    const expiresAtMs = (Date.now() + 55_000) as UnixMs;
    const payload = Buffer.from(String(this.#next++));
    return createStoreMessage({ networkId: this.devnet.networkId, account: ACCOUNT, payload, expiresAtMs });
  }

  /** @returns how many of a batch were taken */
  async offer(): Promise<number> {
    const batch = Array.from({ length: BATCH }, () => this.message());
    const outcomes = await this.devnet.clients[this.node]!.submitBatch(batch);
    const taken = outcomes.filter((outcome) => !("error" in outcome)).map(({ hash }) => hash!);
    this.accepted.push(...taken);
    for (const outcome of outcomes) if ("error" in outcome) this.refusals.add(outcome.error.code);
    return taken.length;
  }
}

async function gauge(devnet: Devnet, node: number, name: string): Promise<number> {
  const text = await devnet.clients[node]!.metrics();
  const line = text.split("\n").find((one) => one.startsWith(`${name}{thread="0"} `) || one.startsWith(`${name} `));
  return Number(line?.split(" ").at(-1));
}

describe("a network of processes whose votes are all cut off, under more load than it can take", () => {
  it("[I12, M3] holds a bounded number of blocks and messages, turns clients away with a time to come again, and settles all it took", async () => {
    await using devnet = await createDevnet({
      executor: "ledger",
      nodes: 4,
      threads: 1,
      accounts: 2,
      settings: { externalsPerBlockMax: PER_BLOCK },
      dataDir: join(dir, "devnet"),
      nodeCommand: [process.execPath, BIN, "node"],
      ports: { api: 0, keeper: 0 },
    });
    const { keeperId } = (await devnet.clients[0]!.thread(0)).producer;
    const producing = devnet.endpoints.findIndex((one) => one.keeperId === keeperId);
    const read = (name: string): Promise<number> => gauge(devnet, producing, `sealwright_${name}`);
    for (const { index } of devnet.endpoints) devnet.cutOff(index);
    await expect.poll(() => read("connected_keepers"), { timeout: 10_000 }).toBe(0);
    const finalAtCut = await read("final_height");

    const flood = new Flood(devnet, producing);
    for (let taken = BATCH; taken === BATCH;) taken = await flood.offer();
    expect([...flood.refusals].filter((code) => !TURNED_AWAY.has(code))).toEqual([]);
    expect(flood.accepted.length).toBeLessThanOrEqual(HELD_MAX);
    await expect.poll(() => read("built_ahead_blocks"), { timeout: 40_000, interval: 500 }).toBe(UNSEALED_MAX);

    // Nothing moves any more, whatever clients do.
    const [queued, open] = [await read("queue_messages"), await read("open_blocks")];
    for (let i = 0; i < 3; i++) {
      expect(await flood.offer()).toBe(0);
      await sleepMs(500);
    }
    expect(await read("built_ahead_blocks")).toBe(UNSEALED_MAX);
    expect([await read("queue_messages"), await read("open_blocks")]).toEqual([queued, open]);
    expect(await read("custody_messages")).toBe(flood.accepted.length);
    expect(await read("final_height")).toBeLessThanOrEqual(finalAtCut + 2);
    const refusal: unknown = await devnet.clients[producing]!.submit(flood.message()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ApiClientError);
    // By now it is known, too, that nothing leaves the line.
    expect(refusal).toMatchObject({ status: 429, code: "queueFull" });
    expect((refusal as ApiClientError).retryAfterMs).toBeGreaterThan(0);

    devnet.heal();
    await expect.poll(() => read("custody_messages"), { timeout: 90_000, interval: 1_000 }).toBe(0);
    const sample = flood.accepted.filter((_, i) => i % 10 === 0);
    const ends = await Promise.all(sample.map((hash) => devnet.clients[producing]!.status(hash)));
    expect(ends.filter((end) => end?.status !== "final" && end?.status !== "expired")).toEqual([]);
    expect(ends.some((end) => end?.status === "final")).toBe(true);
  });
});
