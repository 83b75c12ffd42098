import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BlockHeadlineJson, ClientEvent, SealwrightClient } from "@sealwright/api";
import { createDevnet, type Devnet, sleepMs } from "@sealwright/devnet";
import { createStoreMessage } from "@sealwright/execution";
import { type AccountId, limits, type NetworkId, toHex, unixMs } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));

/** More for a long run: PRODUCER_CRASH_ROUNDS=200. */
const ROUNDS = Number(process.env["PRODUCER_CRASH_ROUNDS"] ?? 4);
/** With one keeper nobody else remembers anything; with four, PRODUCER_CRASH_KEEPERS=4, others see what the dead one sent. */
const KEEPERS = Number(process.env["PRODUCER_CRASH_KEEPERS"] ?? 1);
/** A kill comes at any time within this after the load of its round began: several blocks long. */
const LOAD_MS_MAX = 700;
const MESSAGES_AT_ONCE = 5;
const EXPIRY_MS = 50_000;
const SETTLE_MS = 60_000;
const TOLD = new Set(["included", "prefinal", "final"]);

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-producer-crash-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** All that the nodes ever promised, kept outside of them. */
class Promises {
  /** Messages that a node said it keeps. */
  readonly accepted = new Set<string>();
  /** Messages that a node said are in a block whose body a quorum holds. */
  readonly included = new Set<string>();
  /** By term and height: the ids of the blocks that anybody saw there. */
  readonly #sealed = new Map<string, Set<string>>();

  get places(): number {
    return this.#sealed.size;
  }

  sealed(term: string, height: string, blockId: string): void {
    const place = `${term}/${height}`;
    this.#sealed.set(place, (this.#sealed.get(place) ?? new Set()).add(blockId));
  }

  doubleSeals(): string[] {
    return [...this.#sealed].filter(([, ids]) => ids.size > 1).map(([place, ids]) => `${place}: ${[...ids].join()}`);
  }

  idsAt({ term, height }: BlockHeadlineJson): readonly string[] {
    return [...(this.#sealed.get(`${term}/${height}`) ?? [])];
  }
}

/** Listens to a node until it is killed; resolves when its events come in. */
async function follow(client: SealwrightClient, promises: Promises, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const listen = async (): Promise<void> => {
      const types = ["block.sealed", "message.status"] as const;
      for await (const item of client.events({ types, signal, onOpen: resolve })) note(item, promises);
    };
    listen().catch(reject);
  });
}

function note(item: ClientEvent, promises: Promises): void {
  if (item.type === "gap") return;
  const { event } = item;
  if (event.type === "block.sealed") promises.sealed(event.block.term, event.block.height, event.block.blockId);
  if (event.type !== "message.status" || !TOLD.has(event.status)) return;
  for (const hash of event.messages) promises.included.add(hash);
}

/** Sends one handful after the other until the node dies under it. */
async function load(client: SealwrightClient, networkId: NetworkId, promises: Promises, over: AbortSignal) {
  while (!over.aborted) {
    const messages = Array.from({ length: MESSAGES_AT_ONCE }, () => {
      const account = toHex(randomBytes(32)) as AccountId;
      return createStoreMessage({ networkId, account, payload: randomBytes(64), expiresAtMs: inTime() });
    });
    const outcomes = await client.submitBatch(messages, { wait: "included", timeoutMs: 2_000 }).catch(() => []);
    for (const outcome of outcomes) {
      if ("error" in outcome) continue;
      promises.accepted.add(outcome.hash);
      if (TOLD.has(outcome.status)) promises.included.add(outcome.hash);
    }
  }
}

function inTime() {
  return unixMs(Date.now() + EXPIRY_MS);
}

async function producerOf(devnet: Devnet): Promise<number> {
  const { producer } = await devnet.clients[0]!.thread(0);
  return devnet.endpoints.findIndex(({ keeperId }) => keeperId === producer.keeperId);
}

/** One life of the producing process: load on it, and its end at a random moment. */
async function crashRound(devnet: Devnet, promises: Promises, loadMs: number): Promise<void> {
  const victim = await producerOf(devnet);
  const over = new AbortController();
  await Promise.all(devnet.clients.map((client) => follow(client, promises, over.signal)));
  const loading = load(devnet.clients[victim]!, devnet.networkId, promises, over.signal);
  await sleepMs(loadMs);
  await devnet.kill(victim);
  over.abort();
  await loading;
  await devnet.restart(victim);
}

async function readBlocks(client: SealwrightClient, from: bigint): Promise<BlockHeadlineJson[]> {
  const blocks: BlockHeadlineJson[] = [];
  for (let next = from; ;) {
    const page = (await client.blocks({ thread: 0, from: next, limit: limits.BLOCKS_PER_RESPONSE_MAX })).blocks;
    blocks.push(...page);
    if (page.length < limits.BLOCKS_PER_RESPONSE_MAX) return blocks;
    next = BigInt(page[page.length - 1]!.height) + 1n;
  }
}

describe("a producing process that is killed again and again", () => {
  it(
    `[P1, I2, I9] seals nothing twice and loses no message it took in ${ROUNDS} rounds of kill -9 under load`,
    async () => {
      await using devnet = await createDevnet({
        executor: "ledger",
        nodes: KEEPERS,
        threads: 1,
        accounts: 1,
        dataDir: join(dir, "devnet"),
        nodeCommand: [process.execPath, BIN, "node"],
        ports: { api: 0, keeper: 0 },
      });
      const random = new SeededRandom(11);
      const promises = new Promises();
      let height = 1n;
      for (let round = 0; round < ROUNDS; round++) {
        await crashRound(devnet, promises, random.int(LOAD_MS_MAX));
        // Also what was recorded and told to nobody before the end.
        const blocks = await readBlocks(devnet.clients[0]!, height);
        for (const block of blocks) promises.sealed(block.term, block.height, block.blockId);
        height = blocks.reduce((max, block) => (block.status === "final" ? BigInt(block.height) : max), height);
      }

      const lost: string[] = [];
      for (const hash of new Set([...promises.accepted, ...promises.included])) {
        const last = await devnet.clients[0]!.wait(hash, "final", { timeoutMs: SETTLE_MS });
        const isLost = last === null || !last.done || (promises.included.has(hash) && last.status !== "final");
        if (isLost) lost.push(`${hash}: ${last?.status ?? "unknown"}`);
      }
      expect(lost).toEqual([]);
      expect(promises.doubleSeals()).toEqual([]);
      const stored = (await readBlocks(devnet.clients[0]!, 1n)).filter(({ status }) => status === "final");
      for (const block of stored) {
        const seen = promises.idsAt(block);
        if (seen.length > 0) expect(seen).toEqual([block.blockId]);
      }
      expect(promises.places).toBeGreaterThan(ROUNDS);
      expect(promises.included.size).toBeGreaterThan(0);
      expect(BigInt(stored.at(-1)?.height ?? 0)).toBeGreaterThan(BigInt(ROUNDS));
    },
    ROUNDS * 15_000 + 120_000,
  );
});
