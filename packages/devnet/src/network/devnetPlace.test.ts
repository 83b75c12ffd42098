import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DEFAULT_SETTINGS } from "@sealwright/consensus";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDevnetFolder } from "./devnetFolder.js";
import type { DevnetWishes } from "./devnetParameters.js";
import { chooseDevnetPlace, type DevnetPlace, devnetPlaceAt } from "./devnetPlace.js";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sealwright-place-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const FIXED = { nodes: 4, threads: 2, executor: "ledger" } as const;

/** As a devnet that starts there does. */
async function make({ dir, parameters }: Pick<DevnetPlace, "dir" | "parameters">): Promise<void> {
  await openDevnetFolder({ dir, parameters, settings: DEFAULT_SETTINGS, ports: { api: 0, keeper: 0 } });
}

const nameOf = async (wishes: DevnetWishes): Promise<string> => basename((await chooseDevnetPlace(root, wishes)).dir);

describe("the place of a devnet for which nobody named a folder", () => {
  it.each<[string, DevnetWishes]>([
    ["devnet", {}],
    ["devnet", { nodes: 4, threads: 2, executor: "tvm", accounts: 8 }],
    ["devnet-ledger", FIXED],
    ["devnet-7x2", { nodes: 7 }],
    ["devnet-ledger-4x3", { threads: 3, executor: "ledger" }],
    ["devnet-ledger-50-accounts", { executor: "ledger", accounts: 50 }],
  ])("is %s for %j", async (name, wishes) => {
    expect(await nameOf(wishes)).toBe(name);
    expect(await readdir(root)).toEqual([]);
  });

  it("is the same at every start, also for whoever asks for less", async () => {
    const place = await chooseDevnetPlace(root, FIXED);
    await make(place);
    expect(await chooseDevnetPlace(root, FIXED)).toEqual(place);
    expect(await chooseDevnetPlace(root, { executor: "ledger" })).toEqual(place);
  });

  it("goes on with accounts that nobody asked for", async () => {
    await make({ dir: join(root, "devnet-ledger"), parameters: { ...FIXED, accounts: 3 } });
    const place = await chooseDevnetPlace(root, FIXED);
    expect(place).toMatchObject({ dir: join(root, "devnet-ledger"), parameters: { accounts: 3 }, passedOver: [] });
  });

  it.each<[string, (dir: string) => Promise<unknown>, string]>([
    [
      "a network of another engine",
      (dir) => make({ dir, parameters: { ...FIXED, executor: "tvm", accounts: 2 } }),
      "executor tvm there, ledger asked for",
    ],
    [
      "a network of another size",
      (dir) => make({ dir, parameters: { ...FIXED, nodes: 1, accounts: 2 } }),
      "nodes 1 there, 4 asked for",
    ],
    ["files of others", (dir) => mkdir(join(dir, "letters"), { recursive: true }), "is not a devnet's folder"],
    ["a file", (dir) => writeFile(dir, "dear"), "is a file"],
    [
      "a network of which a file is damaged",
      async (dir) => {
        await make({ dir, parameters: { ...FIXED, accounts: 2 } });
        await writeFile(join(dir, "genesis.json"), "{}");
      },
      "genesis.json",
    ],
    [
      "a network of a newer version",
      async (dir) => {
        await mkdir(dir);
        await writeFile(join(dir, "devnet.json"), JSON.stringify({ sealwright: "devnet", version: 99 }));
      },
      "made by a newer version",
    ],
  ])("is the next folder when %s is in the first one, which stays as it is", async (_what, fill, why) => {
    const first = join(root, "devnet-ledger");
    await fill(first);
    const before = await contentsOf(first);
    const place = await chooseDevnetPlace(root, FIXED);
    expect(place).toMatchObject({
      dir: join(root, "devnet-ledger-2"),
      passedOver: [{ dir: first, why: expect.stringContaining(why) as string }],
    });
    await make({ ...place, parameters: { ...place.parameters, accounts: 2 } });
    expect((await chooseDevnetPlace(root, FIXED)).dir).toBe(place.dir);
    expect(await contentsOf(first)).toEqual(before);
  });
});

describe("the place of a devnet in a folder that somebody named", () => {
  it("has what the network there has, unless something else is asked for, and the defaults when it is new", async () => {
    const dir = join(root, "mine");
    expect((await devnetPlaceAt(dir, { nodes: 1 })).parameters).toEqual({
      nodes: 1,
      threads: 2,
      executor: "tvm",
      accounts: 8,
    });
    const parameters = { nodes: 1, threads: 3, executor: "ledger", accounts: 5 } as const;
    await make({ dir, parameters });
    expect((await devnetPlaceAt(dir, {})).parameters).toEqual(parameters);
    expect((await devnetPlaceAt(dir, { nodes: 2 })).parameters).toEqual({ ...parameters, nodes: 2 });
  });
});

async function contentsOf(path: string): Promise<unknown> {
  const names = await readdir(path, { recursive: true }).catch(() => []);
  return Promise.all(
    names.sort().map(async (name) => [name, await readFile(join(path, name), "hex").catch(() => null)]),
  );
}
