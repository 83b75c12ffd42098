import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevnet, runDevnet, sleepMs } from "@sealwright/devnet";
import { afterEach, beforeEach, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-tvm-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it("[I9] [I10] [I11] a network of contracts loses no message and no coin when a keeper is killed under load", async () => {
  await using devnet = await createDevnet({
    nodes: 4,
    threads: 2,
    executor: "tvm",
    accounts: 2,
    dataDir: join(dir, "devnet"),
    nodeCommand: [process.execPath, BIN, "node"],
    ports: { api: 0, keeper: 0 },
  });
  const { producer } = await devnet.clients[0]!.thread(0);
  const index = devnet.endpoints.findIndex(({ keeperId }) => keeperId === producer.keeperId);
  const over = new AbortController();
  const run = runDevnet(devnet, { loadPerS: 8, durationMs: null, settleMs: 30_000, signal: over.signal });
  await sleepMs(3_000);
  await devnet.kill(index);
  await sleepMs(500);
  await devnet.restart(index);
  await sleepMs(2_000);
  over.abort();
  const report = await run;
  expect(report.invariants.violations).toEqual([]);
  expect(report.nodesAgree).toBe(true);
  expect(report.messages).toMatchObject({ lost: 0, unsettled: 0, expired: 0, final: report.messages.sent });
  expect(report.messages.sent).toBeGreaterThan(5);
  for (const rule of ["I9", "I10", "I11"]) expect(report.invariants.perRule[rule], rule).toBeGreaterThan(0);
  expect(report.endpoints.ton).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v2\/jsonRPC$/);
});
