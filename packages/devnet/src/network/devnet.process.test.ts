import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Devnet, type DevnetOptions } from "./devnet.js";
import type { DevnetFolder } from "./devnetFolder.js";

let dir = "";
const servers: Server[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-devnet-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  await rm(dir, { recursive: true, force: true });
});

/** How a keeper's API takes a request: `gone` as if nobody listened, `silent` as one that stands still. */
type Manner = "gone" | "silent" | "ready";

interface Keeper {
  readonly port: number;
  /** Paths that it was asked for, and how it took each. */
  readonly asked: readonly (readonly [path: string, manner: Manner])[];
}

async function keeperWith(mannerOf: (count: number) => Manner): Promise<Keeper> {
  const asked: [string, Manner][] = [];
  const server = createServer((request, response) => {
    const manner = mannerOf(asked.length);
    asked.push([request.url!, manner]);
    if (manner === "silent") return;
    if (manner === "gone") return void request.socket.destroy();
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      request.url === "/readyz"
        ? JSON.stringify({ ready: true, checks: [] })
        : JSON.stringify({ threads: [{ final: { height: "1" } }] }),
    );
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { port: (server.address() as AddressInfo).port, asked };
}

/** A devnet whose processes only wait for their end, and whose APIs are these. */
async function devnetOf(keepers: readonly Keeper[], options: Partial<DevnetOptions> = {}): Promise<Devnet> {
  for (const index of keepers.keys()) await mkdir(join(dir, `node-${index}`));
  const folder = {
    dir,
    name: "stub",
    addresses: keepers.map(({ port }) => ({
      keeper: { host: "127.0.0.1", port },
      api: { host: "127.0.0.1", port },
    })),
    keeperIds: keepers.map((_, index) => String(index)),
    funded: { type: "ledger", accounts: [] },
    parameters: { nodes: keepers.length, threads: 1, executor: "ledger", accounts: 0 },
  };
  const nodeCommand = ["sh", "-c", "cat > /dev/null", "keeper"];
  return new Devnet(folder as unknown as DevnetFolder, { dataDir: dir, nodeCommand, ...options }, () => undefined);
}

describe("Devnet", () => {
  it("asks for final blocks only of keepers that have answered", async () => {
    const late = await keeperWith((count) => (count < 4 ? "gone" : "ready"));
    await using devnet = await devnetOf([await keeperWith(() => "ready"), late]);
    await devnet.start();
    expect(late.asked.slice(0, 5).map(([path]) => path)).toEqual(Array(5).fill("/readyz"));
    expect(devnet.startToFirstFinalMs).toBeGreaterThan(0);
  });

  it("does not wait for a keeper that stands still while it restarts, once nobody is left to resume it", async () => {
    const keeper = await keeperWith((count) => (count < 10 ? "ready" : "silent"));
    await using devnet = await devnetOf([keeper]);
    await devnet.start();
    while (keeper.asked.length < 10) await devnet.clients[0]!.readiness();
    const over = new AbortController();
    const restarted = devnet.restart(0, over.signal);
    restarted.catch(() => undefined);
    while (keeper.asked.length < 11) await new Promise((turn) => setTimeout(turn, 5));
    devnet.pause(0);
    over.abort();
    await expect(restarted).rejects.toMatchObject({
      code: "notReady",
      message: "keeper 0 stands still and does not get ready",
    });
  });

  it("breaks a start off when asked to, also while a keeper takes a connection and does not answer", async () => {
    const stop = new AbortController();
    const silent = await keeperWith(() => "silent");
    await using devnet = await devnetOf([silent], { signal: stop.signal });
    const started = devnet.start();
    started.catch(() => undefined);
    while (silent.asked.length === 0) await new Promise((turn) => setTimeout(turn, 5));
    stop.abort();
    await expect(started).rejects.toMatchObject({ code: "notReady", message: "the start was broken off" });
  });
});
