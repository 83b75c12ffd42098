import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevnet, sleepMs } from "@sealwright/devnet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
/** Worth a warning, and not so much that the others would hold back their votes. */
const AHEAD_MS = 450;

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-clock-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("a network in which the clock of one machine is off", () => {
  it("tells it at that keeper's API, metrics and log, and finds nothing wrong with the others'", async () => {
    const preload = join(dir, "clock.cjs");
    await writeFile(
      preload,
      `const now = Date.now.bind(Date);
       if (process.argv.some((arg) => arg.includes("node-0"))) Date.now = () => now() + ${AHEAD_MS};`,
    );
    await using devnet = await createDevnet({
      executor: "ledger",
      nodes: 4,
      threads: 1,
      accounts: 2,
      dataDir: join(dir, "devnet"),
      nodeCommand: [process.execPath, "--require", preload, BIN, "node"],
      ports: { api: 0, keeper: 0 },
    });
    const skews = async () => Promise.all(devnet.clients.map(async (client) => (await client.network()).clockSkewMs));
    while ((await skews()).includes(null)) await sleepMs(200);
    const [ofTheFirst, ...ofOthers] = (await skews()).map((skewMs) => Math.round(skewMs! / AHEAD_MS));
    expect(ofTheFirst).toBe(-1);
    for (const skew of ofOthers) expect(Math.abs(skew)).toBe(0);
    const metrics = await devnet.clients[0]!.metrics();
    expect(metrics).toMatch(/^sealwright_clock_skew_seconds -0\.\d+$/m);
    const { checks } = await devnet.clients[0]!.readiness();
    expect(checks.find(({ name }) => name === "clockSane")).toMatchObject({ ok: true });
    const log = devnet.endpoints[0]!.log;
    while (!(await readFile(log, "utf8")).includes("clock.skewed")) await sleepMs(200);
    for (const other of devnet.endpoints.slice(1))
      expect(await readFile(other.log, "utf8")).not.toContain("clock.skewed");
  });
});
