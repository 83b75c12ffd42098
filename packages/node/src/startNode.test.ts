import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DEFAULT_SETTINGS, encodeBlockFacts, genesisFacts } from "@sealwright/consensus";
import { type KeyValueOp, openLevelStore, openNodeStore } from "@sealwright/store";
import { unwrap } from "@sealwright/types";
import { ManualClock, SeededRandom } from "@sealwright/types/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNetworkFiles, type NodeFiles } from "./config/createNetworkFiles.js";
import type { NodeConfig } from "./config/index.js";
import { parseNodeConfig } from "./config/parseNodeConfig.js";
import { genesisOfThreads } from "./genesisOfThreads.js";
import { loadIdentity } from "./identity.js";
import { networkEngine } from "./networkEngine.js";
import { startNode } from "./startNode.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-start-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** The only node of a network with files of its own. */
async function configOf(name: string): Promise<NodeConfig> {
  const address = { host: "127.0.0.1", port: 0 };
  const network = { name, threads: 1, settings: DEFAULT_SETTINGS, accounts: 1, accountBalance: 9n, transferFee: 1n };
  const options = { ...network, dir: join(dir, name), addresses: [{ keeper: address, api: address }] };
  const world = { random: new SeededRandom(name.length), clock: new ManualClock() };
  const files = unwrap(await createNetworkFiles({ ...options, keyStrength: "test" }, world));
  const [{ configPath }] = files.nodes as [NodeFiles];
  return unwrap(parseNodeConfig(await readFile(configPath, "utf8"), dirname(configPath), {}));
}

describe("a node that cannot start", () => {
  it("says what is wrong with a data directory that is a file: it is no safety stop", async () => {
    const config = await configOf("one");
    await writeFile(config.dataDir, "");
    expect(await startNode(config)).toMatchObject({ ok: false, error: { code: "ioError" } });
  });

  it("says that its data is damaged, and what to do", async () => {
    const config = await configOf("one");
    const { genesis, networkId, table, self: keeperId } = unwrap(await loadIdentity(config));
    const engine = networkEngine(genesis, networkId);
    const storeDir = join(config.dataDir, "store");
    await mkdir(config.dataDir);
    await using store = unwrap(await openNodeStore({ dir: storeDir, networkId, keeperId }));
    for (const { block, entries } of genesisOfThreads(genesis, table, engine, engine.createReader())) {
      const { id: blockId, header } = block;
      const facts = encodeBlockFacts(genesisFacts(block));
      unwrap(
        await store.repository.initialize([{ threadId: header.threadId, blockId, header, facts, state: entries }]),
      );
    }
    await store.close();
    await damageAllValues(storeDir);
    const started = await startNode(config);
    expect(started).toMatchObject({ ok: false, error: { code: "corrupt" } });
    if (!started.ok) expect(started.error.message).toContain("damaged");
  });

  it("says that its key is of no keeper of the network", async () => {
    const [config, other] = [await configOf("one"), await configOf("another")];
    expect(await startNode({ ...config, keys: other.keys })).toMatchObject({
      ok: false,
      error: { code: "notAKeeper" },
    });
  });
});

/** All but the first record, which says whose store it is. */
async function damageAllValues(storeDir: string): Promise<void> {
  await using store = unwrap(await openLevelStore(storeDir));
  const range = { from: new Uint8Array(1), to: new Uint8Array(9).fill(255), order: "ascending", limit: 1_000 } as const;
  const ops: KeyValueOp[] = [];
  for await (const { key, value } of store.entries(range))
    ops.push({ type: "put", key, value: value.map((byte) => byte ^ 1) });
  await store.commit(ops.slice(1), { durable: true });
}
