import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_SETTINGS } from "@sealwright/consensus";
import { loadKeys, parseNodeConfig } from "@sealwright/node";
import { unwrap } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeConfigPathOf, openDevnetFolder } from "./devnetFolder.js";
import { lockDir } from "./dirLock.js";

let parent = "";
let dir = "";
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "sealwright-folder-"));
  dir = join(parent, "devnet");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const PARAMETERS = { nodes: 2, threads: 1, executor: "ledger", accounts: 3 } as const;
const open = (parameters: Partial<typeof PARAMETERS> | { nodes: number } = {}) =>
  openDevnetFolder({
    dir,
    parameters: { ...PARAMETERS, ...parameters },
    settings: DEFAULT_SETTINGS,
    ports: { api: 0, keeper: 0 },
  });

describe("openDevnetFolder", () => {
  it("makes a network, and goes on with the same one on other ports", async () => {
    const made = await open();
    const again = await open();
    expect(again).toMatchObject({ networkId: made.networkId, name: made.name, isResumed: true });
    expect(again.keeperIds).toEqual(made.keeperIds);
    for (const [i, { api, keeper }] of again.addresses.entries()) {
      const path = nodeConfigPathOf(dir, i);
      const config = unwrap(parseNodeConfig(await readFile(path, "utf8"), join(path, ".."), {}));
      expect(config.listen).toEqual({ api, keeper });
      expect(config.peers.map(({ address }) => address)).toEqual([again.addresses[1 - i]!.keeper]);
      expect((await loadKeys(config.keys)).ok).toBe(true);
    }
    // Nothing half made stays beside it.
    expect(await readdir(parent)).toEqual(["devnet"]);
  });

  it("refuses a folder of other parameters, says how to go on, and changes nothing", async () => {
    await open();
    const before = await readFile(join(dir, "devnet.json"), "utf8");
    await expect(open({ nodes: 3 })).rejects.toMatchObject({
      code: "otherParameters",
      message: `${dir} holds another devnet: nodes 2 there, 3 asked for`,
      advice: expect.stringContaining("--nodes 2") as string,
    });
    expect(await readFile(join(dir, "devnet.json"), "utf8")).toBe(before);
  });

  it("refuses a folder of a newer version", async () => {
    await open();
    const state = JSON.parse(await readFile(join(dir, "devnet.json"), "utf8")) as object;
    await writeFile(join(dir, "devnet.json"), JSON.stringify({ ...state, version: 99 }));
    await expect(open()).rejects.toMatchObject({ code: "newerVersion" });
  });

  it.each([
    ["devnet.json", { version: 0 }, "otherVersion", "devnet.json: version is 0, allowed is 1"],
    ["devnet.json", { version: undefined }, "otherVersion", "devnet.json: version is missing"],
    ["devnet.json", { nodes: undefined }, "damaged", "devnet.json: nodes is missing"],
    ["devnet.json", { executor: "evm" }, "damaged", 'devnet.json: executor is "evm"'],
    ["genesis.json", { sealwright: 99 }, "otherVersion", "genesis.json: sealwright is 99, allowed is 1"],
    ["genesis.json", { keepers: undefined }, "damaged", "genesis.json: "],
    ["genesis.json", { keepers: [] }, "damaged", "genesis.json: "],
    ["accounts.json", { accounts: undefined }, "damaged", "accounts.json lists no accounts"],
  ])("says what is wrong with %s when it has %j, and what to do", async (name, change, code, text) => {
    await open();
    const json = JSON.parse(await readFile(join(dir, name), "utf8")) as object;
    await writeFile(join(dir, name), JSON.stringify({ ...json, ...change }));
    await expect(open()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text) as string,
      advice: expect.stringContaining("choose another folder with --data-dir") as string,
    });
  });

  it.each(["devnet.json", "genesis.json", "accounts.json"])("says that %s does not read", async (name) => {
    await open();
    await writeFile(join(dir, name), "{");
    await expect(open()).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(`${name} does not read`) as string,
    });
  });

  it("refuses a file", async () => {
    await writeFile(dir, "dear");
    await expect(open()).rejects.toMatchObject({
      code: "notADevnet",
      message: `${dir} is a file, and no folder of a devnet`,
    });
  });

  it("refuses a folder with files of others", async () => {
    await mkdir(dir);
    await writeFile(join(dir, "letter.txt"), "dear");
    await expect(open()).rejects.toMatchObject({ code: "notADevnet" });
  });
});

describe("lockDir", () => {
  it("keeps a second one out while its process lives", () => {
    const unlock = lockDir(dir);
    expect(() => lockDir(dir)).toThrow(expect.objectContaining({ code: "dirInUse" }) as Error);
    unlock();
    lockDir(dir)();
  });

  it("takes over the lock of a process that is gone", async () => {
    await writeFile(`${dir}.lock`, "999999999\n");
    lockDir(dir)();
  });
});
