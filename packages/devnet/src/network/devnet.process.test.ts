import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Devnet, type DevnetOptions } from "./devnet.js";
import type { DevnetFolder } from "./devnetFolder.js";
import { readEndpoints } from "./endpointsFile.js";

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
type Manner = "gone" | "silent" | "notReady" | "ready";

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
    const isRefused = request.url === "/readyz" && manner === "notReady";
    response.writeHead(isRefused ? 503 : 200, { "content-type": "application/json" });
    response.end(
      request.url === "/readyz"
        ? JSON.stringify({ ready: !isRefused, checks: [] })
        : JSON.stringify({ threads: [{ final: { height: "1" } }] }),
    );
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { port: (server.address() as AddressInfo).port, asked };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
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

  it("takes a restart for done when a keeper that is cut off answers: it cannot get ready", async () => {
    let manner: Manner = "ready";
    const alone = await keeperWith(() => manner);
    await using devnet = await devnetOf([alone, await keeperWith(() => "ready"), await keeperWith(() => "ready")]);
    await devnet.start();
    devnet.cutOff(0);
    manner = "notReady";
    await devnet.restart(0);
    expect(alone.asked.at(-1)).toEqual(["/readyz", "notReady"]);
    expect(devnet.answering().map(({ index, isCutOff }) => [index, isCutOff])).toEqual([
      [0, true],
      [1, false],
      [2, false],
    ]);
  });

  it("[D9] refuses a fault that would change nothing: who plans it thinks of another keeper", async () => {
    await using devnet = await devnetOf([await keeperWith(() => "ready"), await keeperWith(() => "ready")]);
    await devnet.start();
    const noEffect = expect.objectContaining({ code: "noEffect" }) as Error;
    expect(() => devnet.resume(1)).toThrow(noEffect);
    expect(() => devnet.heal()).toThrow(noEffect);
    devnet.pause(1);
    devnet.cutOff(1);
    expect(() => devnet.pause(1)).toThrow(noEffect);
    expect(() => devnet.cutOff(1)).toThrow(noEffect);
    devnet.resume(1);
    devnet.heal();
  });

  it.each<[how: string, harm: (devnet: Devnet) => Promise<void> | void]>([
    ["is dead", (devnet) => devnet.kill(1)],
    ["stands still", (devnet) => devnet.pause(1)],
    ["is cut off", (devnet) => devnet.cutOff(1)],
  ])("takes a restart for done when a keeper answers and another, needed for a quorum, %s", async (_how, harm) => {
    let manner: Manner = "ready";
    const keepers = [await keeperWith(() => manner), await keeperWith(() => "ready"), await keeperWith(() => "ready")];
    await using devnet = await devnetOf(keepers);
    await devnet.start();
    await devnet.kill(2);
    await harm(devnet);
    manner = "notReady";
    await devnet.restart(0);
    expect(keepers[0]!.asked.at(-1)).toEqual(["/readyz", "notReady"]);
  });

  it("waits until a restarted keeper is ready while a quorum is there, and no longer once it is gone", async () => {
    let manner: Manner = "ready";
    const keeper = await keeperWith(() => manner);
    const others = [await keeperWith(() => "ready"), await keeperWith(() => "ready")];
    await using devnet = await devnetOf([keeper, ...others]);
    await devnet.start();
    manner = "notReady";
    let isDone = false;
    const restarted = devnet.restart(0).then(() => (isDone = true));
    const refusals = (): number => keeper.asked.filter(([, how]) => how === "notReady").length;
    while (refusals() < 3) await turn();
    expect(isDone).toBe(false);
    await devnet.kill(1);
    devnet.pause(2);
    await restarted;
  });

  it("waits for nothing once the run is over: a keeper that answers is restarted, ready or not", async () => {
    let manner: Manner = "ready";
    const keeper = await keeperWith(() => manner);
    await using devnet = await devnetOf([keeper]);
    await devnet.start();
    manner = "notReady";
    const over = new AbortController();
    const restarted = devnet.restart(0, over.signal);
    // Who asks a second time has heard the first answer.
    while (keeper.asked.filter(([, how]) => how === "notReady").length < 2) await turn();
    over.abort();
    await restarted;
    expect(devnet.answering().map(({ index }) => index)).toEqual([0]);
  });

  it("says when the run was over before a restarted keeper answered, and asks that one nothing more", async () => {
    let manner: Manner = "ready";
    const keeper = await keeperWith(() => manner);
    await using devnet = await devnetOf([keeper, await keeperWith(() => "ready")]);
    await devnet.start();
    manner = "silent";
    const over = new AbortController();
    const restarted = [devnet.restart(0, over.signal), devnet.restart(0, over.signal)];
    for (const one of restarted) one.catch(() => undefined);
    while (!keeper.asked.some(([, how]) => how === "silent")) await turn();
    devnet.pause(0);
    over.abort();
    for (const one of restarted)
      await expect(one).rejects.toMatchObject({
        code: "notReady",
        message: "the run was over before keeper 0 answered",
      });
    devnet.resume(0);
    expect(devnet.answering().map(({ index }) => index)).toEqual([1]);
  });

  it("[D4] tells the processes of keepers that restart together", async () => {
    const keepers = [await keeperWith(() => "ready"), await keeperWith(() => "ready"), await keeperWith(() => "ready")];
    await using devnet = await devnetOf(keepers);
    await devnet.start();
    await Promise.all(keepers.map((_, index) => devnet.restart(index)));
    const told = await readEndpoints(dir);
    expect(told?.nodes.map(({ pid }) => pid)).toEqual(keepers.map((_, index) => devnet.pid(index)));
  });

  it("ends a restart when it is asked to end altogether", async () => {
    let manner: Manner = "ready";
    const keeper = await keeperWith(() => manner);
    const stop = new AbortController();
    await using devnet = await devnetOf([keeper], { signal: stop.signal });
    await devnet.start();
    manner = "gone";
    const restarted = devnet.restart(0);
    restarted.catch(() => undefined);
    while (!keeper.asked.some(([, how]) => how === "gone")) await turn();
    stop.abort();
    await expect(restarted).rejects.toMatchObject({ code: "notReady" });
  });

  it("says that a keeper was ended before its restart was done, unless it had answered", async () => {
    let manner: Manner = "ready";
    const keeper = await keeperWith(() => manner);
    await using devnet = await devnetOf([keeper]);
    await devnet.start();
    const restartAndKill = async (): Promise<void> => {
      const before = keeper.asked.length;
      const restarted = devnet.restart(0);
      restarted.catch(() => undefined);
      while (keeper.asked.length < before + 2) await turn();
      await devnet.kill(0);
      return restarted;
    };
    manner = "gone";
    await expect(restartAndKill()).rejects.toMatchObject({
      code: "nodeStopped",
      message: "keeper 0 was ended before it answered",
    });
    manner = "notReady";
    await restartAndKill();
  });

  it("breaks a start off when asked to, also while a keeper takes a connection and does not answer", async () => {
    const stop = new AbortController();
    const silent = await keeperWith(() => "silent");
    await using devnet = await devnetOf([silent], { signal: stop.signal });
    const started = devnet.start();
    started.catch(() => undefined);
    while (silent.asked.length === 0) await turn();
    stop.abort();
    await expect(started).rejects.toMatchObject({ code: "notReady", message: "the start was broken off" });
  });
});
