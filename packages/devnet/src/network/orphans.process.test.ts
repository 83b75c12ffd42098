import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeConfigPathOf } from "./devnetFolder.js";
import { writeEndpoints } from "./endpointsFile.js";
import { KeeperProcess } from "./keeperProcess.js";
import { continueOrphans } from "./orphans.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-orphans-"));
  await mkdir(join(dir, "node-0"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function rememberPid(pid: number): Promise<void> {
  const texts = { name: "", networkId: "", accounts: "", genesis: "" };
  const node = { index: 0, keeperId: "", apiUrl: "", keeperAddress: "", pid, log: "" };
  await writeEndpoints(dir, { sealwright: "endpoints", version: 1, pid: 0, ...texts, nodes: [node] });
}

describe("a keeper that a drill stopped", () => {
  it("goes on and ends when its devnet starts again after kill -9", async () => {
    const args = ["-c", "cat > /dev/null", "keeper", "--config", nodeConfigPathOf(dir, 0)];
    const child = spawn("sh", args, { stdio: ["pipe", "ignore", "ignore"] });
    const exited = once(child, "exit");
    child.kill("SIGSTOP");
    child.stdin.end();
    await rememberPid(child.pid!);
    await continueOrphans(dir);
    expect(await exited).toEqual([0, null]);
  });

  it("is not taken for another process that has its number now", async () => {
    const child = spawn("sh", ["-c", "cat > /dev/null", "other"], { stdio: ["pipe", "ignore", "ignore"] });
    const exited = once(child, "exit");
    child.kill("SIGSTOP");
    child.stdin.end();
    await rememberPid(child.pid!);
    await continueOrphans(dir);
    child.kill("SIGKILL");
    expect(await exited).toEqual([null, "SIGKILL"]);
  });

  it("goes on when its devnet's process ends at once", async () => {
    const before = new Set(process.listeners("exit"));
    const keeper = new KeeperProcess({
      command: ["sh", "-c", "read order; exit 7", "keeper"],
      configPath: nodeConfigPathOf(dir, 0),
      logPath: join(dir, "node-0", "node.log"),
    });
    keeper.pause();
    keeper.order({});
    const added = process.listeners("exit").filter((listener) => !before.has(listener));
    for (const listener of added) listener(0);
    expect((await keeper.exited).code).toBe(7);
    expect(process.listeners("exit").filter((listener) => !before.has(listener))).toEqual([]);
  });
});
