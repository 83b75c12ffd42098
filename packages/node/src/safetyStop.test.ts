import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DEFAULT_SETTINGS } from "@sealwright/consensus";
import { type ThreadId, unixMs, unwrap } from "@sealwright/types";
import { ManualClock, SeededRandom } from "@sealwright/types/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNetworkFiles, type NodeFiles } from "./config/createNetworkFiles.js";
import { parseNodeConfig } from "./config/parseNodeConfig.js";
import { examineDataDir } from "./doctor/examineDataDir.js";
import { readSafetyStop, recordSafetyStop, SafetyStop } from "./safetyStop.js";
import { startNode } from "./startNode.js";

const THREAD = "ab".repeat(34) as ThreadId;
const STOP = new SafetyStop(THREAD, "own execution refutes the certified block 7");
const NAME = "stopped-for-safety.json";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-stop-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("a keeper that stopped for safety", () => {
  it("[F3] is told so at each later start, with when, why and what to do", async () => {
    expect(await readSafetyStop(dir)).toBeNull();
    await recordSafetyStop(dir, STOP, unixMs(1_700_000_000_000));
    const told = await readSafetyStop(dir);
    expect(told?.found).toContain(
      `2023-11-14T22:13:20.000Z: thread ${THREAD}: own execution refutes the certified block 7`,
    );
    expect(told?.advice).toContain(`delete ${join(dir, NAME)}`);
    expect(await readdir(dir)).toEqual([NAME]);
  });

  it.each(["", "{", "{}", '"x"', "null"])("[F3] stays stopped when the record is %j", async (text) => {
    await writeFile(join(dir, NAME), text);
    expect(await readSafetyStop(dir)).toMatchObject({ found: "this keeper stopped itself for safety" });
  });

  it("[F3] stays stopped when the record cannot be read", async () => {
    await mkdir(join(dir, NAME));
    expect(await readSafetyStop(dir)).toMatchObject({ found: "this keeper stopped itself for safety" });
  });

  it("is not what a data directory that is a file tells of", async () => {
    await writeFile(join(dir, "file"), "");
    expect(await readSafetyStop(join(dir, "file"))).toBeNull();
  });

  it("[F3] does not start, opens nothing, and the doctor says why", async () => {
    const address = { host: "127.0.0.1", port: 0 };
    const options = {
      ...{
        dir,
        name: "stopped",
        threads: 1,
        settings: DEFAULT_SETTINGS,
        accounts: 0,
        accountBalance: 0n,
        transferFee: 1n,
      },
      ...{ addresses: [{ keeper: address, api: address }], keyStrength: "test" as const },
    };
    const world = { random: new SeededRandom(7), clock: new ManualClock() };
    const [{ configPath }] = unwrap(await createNetworkFiles(options, world)).nodes as [NodeFiles];
    const config = unwrap(parseNodeConfig(await readFile(configPath, "utf8"), dirname(configPath), {}));
    await mkdir(config.dataDir);
    await recordSafetyStop(config.dataDir, STOP, unixMs(1));
    const started = await startNode(config);
    expect(started).toMatchObject({ ok: false, error: { code: "stoppedForSafety" } });
    expect(await readdir(config.dataDir)).toEqual([NAME]);
    expect(await examineDataDir(config.dataDir, null)).toMatchObject({ level: "fail", name: "data.stopped" });
  });
});
