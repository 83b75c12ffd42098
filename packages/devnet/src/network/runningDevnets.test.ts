import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type EndpointsFile, writeEndpoints } from "./endpointsFile.js";
import { runningDevnets } from "./runningDevnets.js";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sealwright-running-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function leave(name: string, pid: number): Promise<void> {
  await mkdir(join(root, name));
  await writeEndpoints(join(root, name), {
    sealwright: "endpoints",
    version: 1,
    name,
    pid,
    nodes: [],
  } as unknown as EndpointsFile);
}

it("finds the devnets that run, and none that was killed or that only lies there", async () => {
  expect(await runningDevnets(join(root, "nowhere"))).toEqual([]);
  await leave("devnet-ledger", process.pid);
  await leave("devnet", 999_999_999);
  await mkdir(join(root, "devnet-7x2"));
  await writeFile(join(root, "devnet.lock"), "1\n");
  expect((await runningDevnets(root)).map(({ dir }) => dir)).toEqual([join(root, "devnet-ledger")]);
  await leave("mine", process.pid);
  expect((await runningDevnets(root)).map(({ endpoints }) => endpoints.name)).toEqual(["devnet-ledger", "mine"]);
});
