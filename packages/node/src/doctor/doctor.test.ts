import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NetworkJson } from "@sealwright/api";
import { DEFAULT_SETTINGS } from "@sealwright/consensus";
import { FORMAT_VERSION } from "@sealwright/store";
import { unwrap } from "@sealwright/types";
import { ManualClock, SeededRandom } from "@sealwright/types/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type About, readAbout, writeAbout } from "../about.js";
import { systemClock } from "../world/systemClock.js";
import { examineClock } from "./examineClock.js";
import { examineDataDir } from "./examineDataDir.js";
import { examineDisk, judgeSpace, judgeSpeed } from "./examineDisk.js";
import { examineMachine, judgeMachine, type MachineFacts } from "./examineMachine.js";
import { examineNode } from "./examineNode.js";
import { examinePeers, examinePorts } from "./examinePorts.js";
import { createNetworkFiles, type NodeFiles } from "../config/createNetworkFiles.js";
import type { NodeConfig } from "../config/nodeConfig.js";
import { type Finding, healthOf } from "./finding.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-doctor-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const levels = (findings: readonly Finding[]) => findings.map(({ name, level }) => `${name} ${level}`);

describe("the machine", () => {
  const good: MachineFacts = { nodeVersion: "v20.1.0", heapMb: 2_048, memoryMb: 8_192, cores: 4, filesMax: 65_536 };

  it("is fine when it has enough, and every finding that is not says what to do", async () => {
    expect(levels(judgeMachine(good))).toEqual([
      "machine.node ok",
      "machine.heap ok",
      "machine.cores ok",
      "machine.files ok",
    ]);
    for (const { level, advice } of await examineMachine()) expect(advice === null).toBe(level === "ok");
  });

  it.each<[string, Partial<MachineFacts>]>([
    ["machine.node fail", { nodeVersion: "v18.20.0" }],
    ["machine.heap warn", { heapMb: 512 }],
    ["machine.heap warn", { heapMb: 7_000 }],
    ["machine.cores warn", { cores: 1 }],
    ["machine.files warn", { filesMax: 1_024 }],
    ["machine.files skipped", { filesMax: null }],
  ])("finds %s", (expected, facts) => {
    expect(levels(judgeMachine({ ...good, ...facts }))).toContain(expected);
  });
});

describe("the disk", () => {
  it("is measured with a file of its own, which is gone afterwards, also for a folder that is not there yet", async () => {
    expect(levels(await examineDisk(join(dir, "not/yet")))).toHaveLength(2);
    expect(await readdir(dir)).toEqual([]);
  });

  it("is judged by free space and by the time of a synced write", () => {
    expect([20, 5, 0.5].map((gib) => judgeSpace(gib, "/x").level)).toEqual(["ok", "warn", "fail"]);
    expect([0.3, 20, 200].map((ms) => judgeSpeed(ms, "/x").level)).toEqual(["ok", "warn", "fail"]);
  });
});

describe("the data folder", () => {
  const about: About = { sealwright: "data", formatVersion: FORMAT_VERSION, networkId: "net", keeperId: "me" };
  const owner = { networkId: "net", keeperId: "me" };

  it("says what it holds, and says it again when that changes", async () => {
    expect((await examineDataDir(dir, owner)).found).toContain("a first start");
    await writeAbout(dir, about);
    await writeAbout(dir, about);
    expect(await readAbout(dir)).toEqual(about);
    expect((await examineDataDir(dir, owner)).level).toBe("ok");
    expect(await readdir(dir)).toEqual(["about.json"]);
    const file = join(dir, "file");
    await writeFile(file, "");
    expect(await examineDataDir(file, owner)).toMatchObject({ level: "fail", name: "data.version" });
  });

  it.each([
    ["of a newer format", { ...about, formatVersion: FORMAT_VERSION + 1 }, "install the newer version"],
    ["of another network", { ...about, networkId: "other" }, "give this network its own"],
    ["of another keeper", { ...about, keeperId: "other" }, "give this keeper its own"],
  ])("is in the way when it is %s", async (_what, held, advice) => {
    await writeAbout(dir, held);
    expect(await examineDataDir(dir, owner)).toMatchObject({
      level: "fail",
      advice: expect.stringContaining(advice) as string,
    });
  });

  it("is in the way when its store is a copy that is not whole", async () => {
    await writeAbout(dir, about);
    await mkdir(join(dir, "store"));
    await writeFile(join(dir, "store", "MANIFEST-000007"), "");
    expect(await examineDataDir(dir, owner)).toMatchObject({
      level: "fail",
      name: "data.store",
      found: expect.stringContaining("CURRENT is missing beside MANIFEST-000007") as string,
    });
  });

  it("is worth a look when it does not say, or says nonsense", async () => {
    await writeFile(join(dir, "about.json"), "{");
    expect((await examineDataDir(dir, owner)).level).toBe("warn");
  });
});

describe("ports and peers", () => {
  const configOf = (port: number): NodeConfig =>
    ({
      listen: { keeper: { host: "127.0.0.1", port }, api: { host: "192.0.2.1", port: 9 } },
      peers: [],
    }) as unknown as NodeConfig;

  it("are free, taken by another program, or of no address of this machine; the node's own are its own", async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as { port: number };
    expect(levels(await examinePorts(configOf(port), false))).toEqual(["ports.keeper fail", "ports.api fail"]);
    expect(levels(await examinePorts(configOf(port), true))).toEqual(["ports.keeper ok", "ports.api ok"]);
    const address = { host: "127.0.0.1", port };
    const peers = [{ address }, { address: { ...address, port: 1 } }] as unknown as NodeConfig["peers"];
    const config = { ...configOf(port), peers };
    expect((await examinePeers(config, 2)).level).toBe("ok");
    expect(await examinePeers(config, 3)).toMatchObject({
      level: "warn",
      found: "1 of 2 other keepers take connections",
    });
    await new Promise((closed) => server.close(closed));
    expect(levels(await examinePorts(configOf(port), false))[0]).toBe("ports.keeper ok");
  });
});

describe("the clock", () => {
  const clock = new ManualClock();
  const others = (...skewsMs: number[]) =>
    skewsMs.map((skewMs) => ({ network: () => Promise.resolve({ timeMs: clock.nowMs() + skewMs } as NetworkJson) }));

  it("is judged by the median of the others, and not at all without them", async () => {
    expect(await examineClock([], null, clock)).toMatchObject({ level: "skipped" });
    expect((await examineClock(others(-3, 5, 9_000), null, clock)).level).toBe("ok");
    expect(await examineClock(others(200), null, clock)).toMatchObject({
      level: "warn",
      found: "this clock is 200 ms behind 1 other node",
    });
    expect(await examineClock(others(-800, -900, -700), null, clock)).toMatchObject({
      level: "fail",
      found: "this clock is 800 ms ahead of 3 other nodes (median)",
    });
  });

  it("is judged by what the running node measures, where it does", async () => {
    expect(await examineClock(others(3), 251.4, clock)).toMatchObject({
      level: "warn",
      found: "this clock is 251 ms behind the other keepers (median)",
    });
    expect((await examineClock([], 0.2, clock)).level).toBe("ok");
  });
});

describe("the whole", () => {
  it("is as bad as its worst finding, and what was skipped harms nothing", () => {
    const of = (...all: Finding["level"][]) =>
      healthOf(all.map((level) => ({ name: "x", level, found: "", advice: null })));
    expect([of("ok", "skipped"), of("ok", "warn"), of("fail", "warn")]).toEqual(["ok", "warn", "fail"]);
  });

  it("goes on without a configuration, and says how to get one", async () => {
    const options = { configPath: join(dir, "node.yaml"), environment: {}, otherUrls: ["http://127.0.0.1:1"] };
    const report = await examineNode(options, systemClock);
    expect(report).toMatchObject({ sealwright: "doctor", version: 1, health: "fail" });
    expect(report.findings.find(({ name }) => name === "config")).toMatchObject({
      level: "fail",
      found: `there is no file ${join(dir, "node.yaml")}`,
    });
    expect(report.findings.find(({ name }) => name === "clock.skew")?.level).toBe("skipped");
  });

  it("says of a signing service that it cannot be reached, and reads no BLS key then", async () => {
    const address = { host: "127.0.0.1", port: 0 };
    const network = {
      name: "n",
      threads: 1,
      settings: DEFAULT_SETTINGS,
      accounts: 1,
      accountBalance: 9n,
      transferFee: 1n,
    };
    const world = { random: new SeededRandom(1), clock: systemClock };
    const files = await createNetworkFiles(
      { ...network, dir, addresses: [{ keeper: address, api: address }], keyStrength: "test" },
      world,
    );
    const [{ configPath }] = unwrap(files).nodes as [NodeFiles];
    await rm(join(dir, "node-0", "keys", "bls.json"));
    const environment = { SEALWRIGHT_SIGNER_URL: "tcp://127.0.0.1:1" };
    const { findings } = await examineNode({ configPath, environment, otherUrls: [] }, systemClock);
    expect(findings.find(({ name }) => name === "keys")?.level).toBe("ok");
    expect(findings.find(({ name }) => name === "signer")).toMatchObject({
      level: "warn",
      found: expect.stringContaining("tcp://127.0.0.1:1") as string,
    });
  });
});
