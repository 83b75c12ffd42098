import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SealwrightClient } from "@sealwright/api";
import { DEFAULT_SETTINGS, genesisThreads, parseGenesis } from "@sealwright/consensus";
import { verifyPossession } from "@sealwright/crypto";
import { createNetworkFiles, parseNodeConfig, startNode, systemClock, systemRandom } from "@sealwright/node";
import {
  type AccountId,
  height,
  type NetworkId,
  sha256Hex,
  threadIndexOf,
  threadOf,
  unixMs,
  unwrap,
} from "@sealwright/types";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finalBlock, knownNetwork } from "../../examples/light-client/finalBlock.js";
import { encodeCounterMessage } from "../../examples/own-engine/counterEngine.js";
import { bringCounter, COUNTER_NETWORK } from "../../examples/own-engine/counterNetwork.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WAIT = { timeoutMs: 30_000 };
const COUNTERS = Array.from({ length: 16 }, (_, i) => sha256Hex(Buffer.from(`counter ${i}`)) as AccountId);

let dir = "";
/** Compiled where it finds the packages: a worker runs no TypeScript. */
let compiled = "";
let genesisJson: unknown;
let configText = "";
let configPath = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-own-engine-"));
  compiled = await mkdtemp(join(ROOT, "node_modules", ".own-engine-"));
  await build({
    entryPoints: ["counterEngine", "counterNetwork"].map((name) => join(ROOT, `examples/own-engine/${name}.ts`)),
    outdir: compiled,
    format: "esm",
  });
  const address = { host: "127.0.0.1", port: 0 };
  const files = unwrap(
    await createNetworkFiles(
      {
        dir,
        name: "counters",
        executor: COUNTER_NETWORK,
        threads: 2,
        settings: DEFAULT_SETTINGS,
        addresses: [{ keeper: address, api: address }],
        accounts: 0,
        accountBalance: 0n,
        transferFee: 0n,
        fundedAccounts: COUNTERS.map((id) => ({ id, balance: 100n })),
        keyStrength: "test",
      },
      { random: systemRandom, clock: systemClock },
    ),
  );
  configPath = files.nodes[0]!.configPath;
  configText = await readFile(configPath, "utf8");
  genesisJson = JSON.parse(await readFile(files.genesisPath, "utf8"));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
  await rm(compiled, { recursive: true, force: true });
});

const config = () => unwrap(parseNodeConfig(configText, dirname(configPath), { SEALWRIGHT_LOG_LEVEL: "error" }));

/** Two counters in different threads. */
function twoCounters(): { readonly from: AccountId; readonly to: AccountId; readonly networkId: NetworkId } {
  const { networkId } = knownNetwork(genesisJson);
  const table = genesisThreads(unwrap(parseGenesis(genesisJson, verifyPossession)), networkId);
  const from = COUNTERS[0]!;
  const to = COUNTERS.find((id) => threadOf(table, id) !== threadOf(table, from))!;
  expect(threadIndexOf(threadOf(table, to))).not.toBe(threadIndexOf(threadOf(table, from)));
  return { from, to, networkId };
}

describe("a network whose engine its own program brings", () => {
  it("does not start without it, and says which one is missing", async () => {
    const started = await startNode(config());
    expect(started).toMatchObject({ ok: false, error: { code: "engineMissing" } });
    if (!started.ok) expect(started.error.message).toContain("custom:counter");
  });

  it("[F2] executes its messages, across threads, to final blocks that a client can check, and goes on after a restart", async () => {
    const engine = bringCounter(pathToFileURL(join(compiled, "counterNetwork.js")).href);
    const { from, to, networkId } = twoCounters();
    const counts: string[] = [];
    for (const run of [1n, 2n]) {
      await using node = unwrap(await startNode(config(), {}, { engine }));
      const client = new SealwrightClient({ baseUrl: node.apiUrl }, { clock: systemClock });
      const message = encodeCounterMessage(
        networkId,
        { account: from, add: 5, tell: to },
        { salt: run, expiresAtMs: unixMs(systemClock.nowMs() + 30_000) },
      );
      const { hash } = await client.submit(message);
      const waited = await client.wait(hash, "final", WAIT);
      expect(waited).toMatchObject({ reached: true });
      const told = 100n + 5n * run;
      await expect.poll(async () => (await client.account(to)).balance, { timeout: WAIT.timeoutMs }).toBe(`${told}`);
      counts.push((await client.account(from)).balance!);

      const name = { thread: 0, height: 1n };
      const proved = await finalBlock(knownNetwork(genesisJson), client, name);
      expect(proved).toMatchObject({ ok: true, value: { header: { height: height(1n) } } });
      const stranger = { ...knownNetwork(genesisJson), networkId: sha256Hex(Buffer.from("another")) as NetworkId };
      expect((await finalBlock(stranger, client, name)).ok).toBe(false);
      client.close();
    }
    expect(counts).toEqual(["105", "110"]);
  });
});
