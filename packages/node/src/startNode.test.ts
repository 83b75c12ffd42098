import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ThreadJson } from "@sealwright/api";
import { DEFAULT_SETTINGS, encodeBlockFacts, genesisFacts } from "@sealwright/consensus";
import { type KeyValueOp, openLevelStore, openNodeStore } from "@sealwright/store";
import { parseKeeperId, unwrap } from "@sealwright/types";
import { ManualClock, SeededRandom } from "@sealwright/types/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNetworkFiles, type NodeFiles } from "./config/createNetworkFiles.js";
import type { NodeConfig } from "./config/index.js";
import { type Environment, parseNodeConfig } from "./config/parseNodeConfig.js";
import { examineNode } from "./doctor/examineNode.js";
import type { Finding } from "./doctor/finding.js";
import { genesisOfThreads } from "./genesisOfThreads.js";
import { loadIdentity } from "./identity.js";
import { networkEngine } from "./networkEngine.js";
import { startNode } from "./startNode.js";
import { systemClock } from "./world/systemClock.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-start-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** The first node of a network with files of its own. */
async function configOf(name: string, keepers = 1): Promise<NodeConfig> {
  const address = { host: "127.0.0.1", port: keepers === 1 ? 0 : 9 };
  const addresses = { keeper: address, api: address };
  const network = { name, threads: 1, settings: DEFAULT_SETTINGS, accounts: 1, accountBalance: 9n, transferFee: 1n };
  const options = { ...network, dir: join(dir, name), addresses: Array.from({ length: keepers }, () => addresses) };
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

  it("says that its transport key is not the one that the genesis names, and doctor says the same", async () => {
    const [config, other] = [await configOf("one"), await configOf("another")];
    const keys = { ...config.keys, transport: other.keys.transport };
    const started = await startNode({ ...config, keys });
    expect(started).toMatchObject({ ok: false, error: { code: "transportKeyMismatch" } });
    if (!started.ok) expect(started.error.message).toContain(`'keys.transport' (${keys.transport})`);
    expect(await examined({ SEALWRIGHT_KEYS_TRANSPORT: keys.transport }, "keys")).toMatchObject({
      level: "fail",
      found: expect.stringContaining("'keys.transport'") as string,
    });
  });

  it("says which of its peers is no keeper of the network, and doctor says the same", async () => {
    const config = await configOf("one", 2);
    const stranger = unwrap(parseKeeperId("1a".repeat(32)));
    const address = { host: "127.0.0.1", port: 9 };
    const peers = [...config.peers, { id: stranger, address, api: null }];
    const message = `peers[1].id is "${stranger}"; allowed: the id of a keeper of ${config.genesisPath}`;
    expect(await startNode({ ...config, peers })).toEqual({ ok: false, error: { code: "unknownPeer", message } });
    const peersText = `${config.peers[0]!.id}@127.0.0.1:9,${stranger}@127.0.0.1:9`;
    expect(await examined({ SEALWRIGHT_PEERS: peersText }, "peers.known")).toMatchObject({
      level: "fail",
      found: message,
    });
    expect(await examined({}, "peers.known")).toMatchObject({ level: "ok" });
    expect(await examined({ SEALWRIGHT_PEERS: "" }, "peers.known")).toMatchObject({
      level: "warn",
      found: expect.stringContaining(config.peers[0]!.id) as string,
    });
  });

  it.each([
    ["is not there", "bls", (path: string) => rm(path), "there is no such file"],
    ["is of another kind", "bls", (path: string) => writeFile(path, "{}"), "not an EIP-2335 key file"],
    ["is not there", "transport", (path: string) => rm(path), "there is no such file"],
    ["does not open it", "passwordFile", (path: string) => writeFile(path, "guess\n"), "does not open it"],
  ] as const)("names the key file that %s: %s, and doctor does the same", async (_what, key, spoil, text) => {
    const config = await configOf("one");
    await spoil(config.keys[key]);
    const started = await startNode(config);
    const said = [started.ok ? "" : started.error.message, (await examined({}, "keys"))?.found ?? ""];
    for (const message of said) {
      expect(message).toContain(text);
      expect(message).toContain(`'keys.${key}' (${config.keys[key]})`);
    }
  });

  it("says what it cannot do in its data directory, and what to look at", async () => {
    const config = await configOf("one");
    await mkdir(join(config.dataDir, "about.json.new"), { recursive: true });
    const started = await startNode(config);
    expect(started).toMatchObject({ ok: false, error: { code: "ioError" } });
    if (!started.ok) expect(started.error.message).toContain(`cannot use the data directory ${config.dataDir}: `);
  });

  it("says of an address for its API that this machine does not have it", async () => {
    const config = await configOf("one");
    const listen = { ...config.listen, api: { host: "192.0.2.1", port: 8_600 } };
    const started = await startNode({ ...config, listen });
    expect(started).toMatchObject({ ok: false, error: { code: "noSuchAddress" } });
    if (!started.ok) expect(started.error.message).toContain("name one of its own in 'listen.api'");
  });

  it("says that no keeper has its transport key, where a signing service has the other one", async () => {
    const [config, other] = [await configOf("one"), await configOf("another")];
    const signer = {
      address: { kind: "tcp", host: "127.0.0.1", port: 1 },
      authenticationKey: null,
      tls: null,
    } as const;
    const started = await startNode({ ...config, keys: other.keys, signer });
    expect(started).toMatchObject({ ok: false, error: { code: "notAKeeper" } });
    if (!started.ok) expect(started.error.message).toContain(other.keys.transport);
  });
});

describe("a node whose key is at a signing service", () => {
  it("finds its place by its transport key, and reads neither the BLS key nor its password", async () => {
    const config = await configOf("one");
    const { self, blsPublicKey } = unwrap(await loadIdentity(config));
    await rm(config.keys.bls);
    await rm(config.keys.passwordFile);
    const signer = {
      address: { kind: "tcp", host: "127.0.0.1", port: 1 },
      authenticationKey: null,
      tls: null,
    } as const;
    expect(unwrap(await loadIdentity({ ...config, signer }))).toMatchObject({
      self,
      blsPublicKey,
      keys: { blsSecretKey: null },
    });
  });

  it("starts without the service, and its readiness says what cannot be reached", async () => {
    const signer = {
      address: { kind: "tcp", host: "127.0.0.1", port: 1 },
      authenticationKey: null,
      tls: null,
    } as const;
    const node = unwrap(
      await startNode({ ...(await configOf("one")), signer, log: { level: "error", format: "json" } }),
    );
    const response = await fetch(`${node.apiUrl}/readyz`);
    expect(response.status).toBe(503);
    const { checks } = (await response.json()) as { checks: { name: string; ok: boolean; detail: string }[] };
    expect(checks.find(({ name }) => name === "signerReachable")).toMatchObject({
      ok: false,
      detail: expect.stringContaining("tcp://127.0.0.1:1") as string,
    });
    await node.stop();
  });
});

describe("a start that is called off", () => {
  it("closes what it opened at whatever step: the next one has its ports, its data directory, and goes further", async () => {
    const config = await quietConfig();
    let steps = 0;
    for (;;) {
      const { signal, looks } = abortedFromLook(++steps);
      const started = await startNode(config, {}, { signal });
      if (started.ok) {
        expect((await fetch(`${started.value.apiUrl}/livez`)).status).toBe(200);
        await started.value.stop();
        break;
      }
      expect(started.error.code).toBe("aborted");
      expect(looks()).toBe(steps);
    }
    // Identity, store, forge, threads, API, transport: it has more than a handful of steps.
    expect(steps).toBeGreaterThan(10);
  });

  it("reads not even its keys when nobody waits from the beginning", async () => {
    const config = await configOf("one");
    await rm(config.keys.bls);
    const started = await startNode(config, {}, { signal: AbortSignal.abort() });
    expect(started).toMatchObject({ ok: false, error: { code: "aborted" } });
  });

  it("is over when the signal comes from within", async () => {
    const calling = new AbortController();
    const surface = { drill: () => calling.abort() };
    const started = await startNode(await quietConfig(), surface, { signal: calling.signal });
    expect(started).toMatchObject({ ok: false, error: { code: "aborted" } });
  });

  it("is none any more once the node runs", async () => {
    const calling = new AbortController();
    const node = unwrap(await startNode(await quietConfig(), {}, { signal: calling.signal }));
    calling.abort();
    expect((await fetch(`${node.apiUrl}/livez`)).status).toBe(200);
    await node.stop();
    expect(await node.done).toEqual({ reason: "stopped" });
  });
});

describe("a node that is stopped", () => {
  afterEach(() => vi.restoreAllMocks());

  it("warns of nothing: it was asked to", async () => {
    const config = await quietConfig();
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const node = unwrap(await startNode({ ...config, log: { level: "warn", format: "pretty" } }));
    const hasFinalBlock = async (): Promise<boolean> => {
      const { threads } = (await (await fetch(`${node.apiUrl}/v1/threads`)).json()) as { threads: [ThreadJson] };
      return BigInt(threads[0].final?.height ?? 0n) > 0n;
    };
    await expect.poll(hasFinalBlock, { timeout: 20_000 }).toBe(true);
    await node.stop();
    expect(await node.done).toEqual({ reason: "stopped" });
    expect(stderr.mock.calls.map(([text]) => text)).toEqual([]);
  });
});

it("a node stops once, however often it is asked to, at once or later", async () => {
  const node = unwrap(await startNode(await quietConfig()));
  await Promise.all([node.stop(), node.stop()]);
  await node.stop();
  expect(await node.done).toEqual({ reason: "stopped" });
});

/** A node that logs errors only, at ports that stay the same from start to start. */
async function quietConfig(): Promise<NodeConfig> {
  const [api, keeper] = [await freePort(), await freePort()];
  const host = "127.0.0.1";
  const listen = { api: { host, port: api }, keeper: { host, port: keeper } };
  return { ...(await configOf("one")), listen, log: { level: "error", format: "json" } };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A signal that was not aborted the first times that somebody looked at it. */
function abortedFromLook(first: number): { readonly signal: AbortSignal; readonly looks: () => number } {
  let looks = 0;
  const { signal } = new AbortController();
  Object.defineProperty(signal, "aborted", { get: () => ++looks >= first });
  return { signal, looks: () => looks };
}

/** What doctor finds of the node of `configOf("one")`. */
async function examined(environment: Environment, name: string): Promise<Finding | undefined> {
  const configPath = join(dir, "one/node-0/node.yaml");
  const { findings } = await examineNode({ configPath, environment, otherUrls: [] }, systemClock);
  return findings.find((finding) => finding.name === name);
}

/** All but the first record, which says whose store it is. */
async function damageAllValues(storeDir: string): Promise<void> {
  await using store = unwrap(await openLevelStore(storeDir));
  const range = { from: new Uint8Array(1), to: new Uint8Array(9).fill(255), order: "ascending", limit: 1_000 } as const;
  const ops: KeyValueOp[] = [];
  for await (const { key, value } of store.entries(range))
    ops.push({ type: "put", key, value: value.map((byte) => byte ^ 1) });
  await store.commit(ops.slice(1), { durable: true });
}
