import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DEFAULT_SETTINGS, networkIdOf, parseGenesis } from "@sealwright/consensus";
import { verifyPossession } from "@sealwright/crypto";
import { accountIdOf } from "@sealwright/execution";
import { transportKeyFromSeed } from "@sealwright/network";
import { fromHex, unwrap } from "@sealwright/types";
import { ManualClock, SeededRandom } from "@sealwright/types/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNetworkFiles, type NetworkFilesOptions } from "./createNetworkFiles.js";
import { loadKeys } from "./loadKeys.js";
import { parseNodeConfig } from "./parseNodeConfig.js";
import type { TestAccountsFile } from "./testAccounts.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-files-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const address = (port: number) => ({ host: "127.0.0.1", port });
const optionsIn = (folder: string): NetworkFilesOptions => ({
  dir: folder,
  name: "files-test",
  threads: 2,
  settings: DEFAULT_SETTINGS,
  addresses: [0, 1, 2, 3].map((i) => ({ keeper: address(8500 + i), api: address(8600 + i) })),
  accounts: 20,
  accountBalance: 1_000n,
  transferFee: 1n,
  keyStrength: "test",
});
const make = (options = optionsIn(dir)) =>
  createNetworkFiles(options, { random: new SeededRandom(7), clock: new ManualClock() });

async function configOf(configPath: string) {
  return unwrap(parseNodeConfig(await readFile(configPath, "utf8"), dirname(configPath), {}));
}

describe("createNetworkFiles", () => {
  it("writes a genesis whose keepers' keys are those in the folders of the nodes", async () => {
    const files = unwrap(await make());
    const genesis = unwrap(parseGenesis(JSON.parse(await readFile(files.genesisPath, "utf8")), verifyPossession));
    expect(networkIdOf(genesis)).toBe(files.networkId);
    expect(genesis).toMatchObject({ name: "files-test", threadCount: 2, transferFee: 1n });
    for (const [i, node] of files.nodes.entries()) {
      const config = await configOf(node.configPath);
      expect(config.genesisPath).toBe(files.genesisPath);
      expect(config.peers.map(({ id }) => id)).toEqual(
        files.nodes.filter((other) => other !== node).map((n) => n.keeperId),
      );
      const keys = unwrap(await loadKeys(config.keys));
      expect(keys.blsSecretKey.publicKey()).toEqual(genesis.keepers[i]?.blsPublicKey);
      expect(transportKeyFromSeed(keys.transportSeed).publicKey).toEqual(genesis.keepers[i]?.transportPublicKey);
    }
  });

  it("funds test accounts whose seeds stand in accounts.json, in both threads", async () => {
    const files = unwrap(await make());
    const { accounts } = JSON.parse(await readFile(files.accountsPath ?? "", "utf8")) as TestAccountsFile;
    expect(accounts).toHaveLength(20);
    expect(new Set(accounts.map(({ thread }) => thread))).toEqual(new Set([0, 1]));
    for (const { id, publicKey } of accounts) expect(accountIdOf(fromHex(publicKey)!)).toBe(id);
  });

  it("does not touch a folder that holds a network", async () => {
    const first = unwrap(await make());
    const before = await readFile(first.genesisPath, "utf8");
    expect(await make()).toEqual({ ok: false, error: { code: "networkExists", path: first.genesisPath } });
    expect(await readFile(first.genesisPath, "utf8")).toBe(before);
  });

  it("keeps secrets from other users of the machine", async () => {
    const { keys } = await configOf(unwrap(await make()).nodes[0]!.configPath);
    for (const path of [keys.bls, keys.transport, keys.passwordFile]) expect((await stat(path)).mode & 0o077).toBe(0);
  });
});

describe("loadKeys", () => {
  it.each([
    ["a wrong password", "passwordFile", "not the password\n", "wrongPassword"],
    ["a BLS key file that is none", "bls", "{}", "badKeyFile"],
    ["a transport key file that is no JSON", "transport", "hello", "badKeyFile"],
    [
      "a transport key file of another version",
      "transport",
      '{"sealwright":"transport key","version":2}',
      "badKeyFile",
    ],
    [
      "a transport key file whose parts differ",
      "transport",
      `{"sealwright":"transport key","version":1,"publicKey":"","seed":"${"11".repeat(32)}"}`,
      "badKeyFile",
    ],
  ] as const)("names the file and the reason for %s", async (_what, which, text, code) => {
    const { keys } = await configOf(unwrap(await make()).nodes[0]!.configPath);
    await writeFile(keys[which], text);
    const named = which === "passwordFile" ? keys.bls : keys[which];
    expect(await loadKeys(keys)).toMatchObject({ ok: false, error: { code, path: named } });
  });

  it("names an absent file", async () => {
    const { keys } = await configOf(unwrap(await make()).nodes[0]!.configPath);
    await rm(keys.bls);
    expect(await loadKeys(keys)).toMatchObject({
      ok: false,
      error: { code: "unreadable", path: keys.bls, message: "there is no such file" },
    });
  });

  it("refuses a secret that others can read, and says how to mend it", async () => {
    const { keys } = await configOf(unwrap(await make()).nodes[0]!.configPath);
    await chmod(keys.transport, 0o644);
    const error = {
      code: "readableByOthers",
      path: keys.transport,
      field: "keys.transport",
      message: `others can read it (mode 644); run: chmod 600 ${keys.transport}`,
    };
    expect(await loadKeys(keys)).toEqual({ ok: false, error });
  });
});
