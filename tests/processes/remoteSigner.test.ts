import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createDevnet, type Devnet, sleepMs } from "@sealwright/devnet";
import { nodeDirOf } from "@sealwright/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
/** The keeper whose key is elsewhere; of two keepers, so that nothing becomes final without its votes. */
const KEEPER = 1;
const ASKER = "edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh";
const ASKER_PUBLIC_KEY = "edpkuBknW28nW72KG6RoHtYW7p12T6GKc7nAbwYX5m8Wd9sDVC9yav";

let dir = "";
let forge: ChildProcess | null = null;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-signer-"));
});
afterEach(async () => {
  forge?.kill("SIGKILL");
  forge = null;
  await rm(dir, { recursive: true, force: true });
});

/** Starts keepers as they are, but for the one, which is told by its environment where its signer is. */
async function writeNodeProgram(): Promise<string> {
  const path = join(dir, "node.mjs");
  const signer = { url: `unix:${join(dir, "forge", "signer")}`, key: join(dir, "asker.key") };
  await writeFile(join(dir, "asker.key"), ASKER, { mode: 0o600 });
  await writeFile(
    path,
    `if (process.argv.some((argument) => argument.includes("node-${KEEPER}"))) {
  process.env.SEALWRIGHT_SIGNER_URL = ${JSON.stringify(signer.url)};
  process.env.SEALWRIGHT_SIGNER_AUTHENTICATION_KEY = ${JSON.stringify(signer.key)};
}
process.argv.splice(1, 1, ${JSON.stringify(BIN)}, "node");
await import(${JSON.stringify(pathToFileURL(BIN).href)});
`,
  );
  return path;
}

/** The keeper's key leaves its folder before anybody has read it. */
async function moveKeyToForge(dataDir: string): Promise<void> {
  const keys = join(nodeDirOf(dataDir, KEEPER), "keys");
  await mkdir(join(dir, "forge"));
  for (const name of ["bls.json", "password.txt"]) await rename(join(keys, name), join(dir, "forge", name));
  const key = { keystore: "./bls.json", passwordFile: "./password.txt", protocols: ["octez"] };
  const config = {
    listen: { http: "127.0.0.1:0", unix: "./signer" },
    watermarks: { kind: "file", dir: "./marks" },
    keys: [{ ...key, allow: ["block", "attestation", "lock", "statement"] }],
    authentication: { authorizedKeys: [ASKER_PUBLIC_KEY] },
  };
  await writeFile(join(dir, "forge", "forge.yaml"), JSON.stringify(config));
}

/** @returns the service's address, once it listens */
async function startForge(): Promise<string> {
  const args = [BIN, "forge", "--config", join(dir, "forge", "forge.yaml")];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  forge = child;
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^listening on (http\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error("the signing service ended before it listened");
}

async function killForge(): Promise<void> {
  const ended = new Promise((resolve) => forge?.once("exit", resolve));
  forge?.kill("SIGKILL");
  await ended;
}

async function finalHeight(devnet: Devnet, index: number): Promise<number> {
  return Number((await devnet.clients[index]!.thread(0)).final?.height ?? 0);
}

async function untilFinal(devnet: Devnet, height: number): Promise<void> {
  for (const index of [0, 1]) while ((await finalHeight(devnet, index)) < height) await sleepMs(100);
}

async function signerCheck(devnet: Devnet): Promise<boolean | undefined> {
  const { checks } = await devnet.clients[KEEPER]!.readiness();
  return checks.find(({ name }) => name === "signerReachable")?.ok;
}

describe("a keeper whose key is at a running `sealwright forge`", () => {
  it("[FS17] [V3] votes and finalizes with it, stands while it is away, goes on when it is back, and signs nothing twice", async () => {
    const dataDir = join(dir, "devnet");
    const starts: Promise<string>[] = [];
    await using devnet = await createDevnet({
      executor: "ledger",
      nodes: 2,
      threads: 1,
      accounts: 2,
      dataDir,
      nodeCommand: [process.execPath, await writeNodeProgram()],
      ports: { api: 0, keeper: 0 },
      onEvent: (event) => {
        if (event.type === "nodeStarted" && event.index === KEEPER)
          starts.push(moveKeyToForge(dataDir).then(startForge));
      },
    });
    await Promise.all(starts);
    await untilFinal(devnet, 5);
    expect(await signerCheck(devnet)).toBe(true);

    await killForge();
    // What was signed before may still become final; after that nothing does.
    await sleepMs(1_500);
    const stoodAt = await finalHeight(devnet, 0);
    expect(await signerCheck(devnet)).toBe(false);
    await sleepMs(3_000);
    expect(await finalHeight(devnet, 0)).toBe(stoodAt);

    const url = await startForge();
    await untilFinal(devnet, stoodAt + 5);
    expect(await signerCheck(devnet)).toBe(true);

    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^sealwright_forge_signatures_total\{[^}]*kind="attestation"[^}]*\} [1-9]/m);
    for (const client of devnet.clients) expect(await client.evidence()).toEqual([]);
    const height = Math.min(await finalHeight(devnet, 0), await finalHeight(devnet, 1));
    const ids = await Promise.all(
      devnet.clients.map(async (client) => (await client.block({ thread: 0, height }))?.blockId),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(devnet.unwantedEnds).toEqual([]);
  });
});
