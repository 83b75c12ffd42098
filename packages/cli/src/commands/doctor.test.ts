import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runDoctor } from "./doctor.js";
import { runInit } from "./init.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-doctor-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

describe("runDoctor", () => {
  it("refuses an endpoint that is no address, and says what is allowed", async () => {
    const options = { config: join(dir, "none.yaml"), dataDir: dir, endpoint: ["127.0.0.1:8600"] };
    await expect(runDoctor(options)).rejects.toMatchObject({
      exitCode: 2,
      code: "badEndpoint",
      advice: "allowed: http://host:port; did you mean http://127.0.0.1:8600?",
    });
  });

  it("finds a data directory that is a file, instead of ending with an error of its own", async () => {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const network = { dir: join(dir, "net"), name: "n", nodes: 1, threads: 1, keeperPort: 8_500, apiPort: 8_600 };
    await runInit({ ...network, testAccounts: 0, balance: 1n, fee: 1, json: true });
    await writeFile(join(dir, "net/node-0/data"), "a file");
    written.mockClear();
    const config = join(dir, "net/node-0/node.yaml");
    expect(await runDoctor({ config, dataDir: dir, endpoint: [], json: true })).toBe(2);
    const report = JSON.parse(String(written.mock.calls[0]![0])) as {
      findings: { name: string; level: string; found: string }[];
    };
    const failed = report.findings.filter(({ level }) => level === "fail");
    expect(failed.map(({ name }) => name)).toEqual(["data.version", "disk.speed"]);
    for (const { found } of failed) expect(found).toContain("ENOTDIR");
  });
});
