import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevnet, type Devnet, runDevnet, sleepMs } from "@sealwright/devnet";
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
  await tryFaucet(devnet);
  const { producer } = await devnet.clients[0]!.thread(0);
  const index = devnet.endpoints.findIndex(({ keeperId }) => keeperId === producer.keeperId);
  const over = new AbortController();
  let sent = 0;
  const run = runDevnet(devnet, {
    // A wallet takes one message at a time: two of them follow a machine that makes few blocks a second.
    loadPerS: 3,
    durationMs: null,
    settleMs: 30_000,
    signal: over.signal,
    onProgress: (progress) => (sent = progress.sent),
  });
  const untilSent = (count: number): Promise<void> =>
    expect.poll(() => sent, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
  await untilSent(10);
  await devnet.kill(index);
  await sleepMs(500);
  await devnet.restart(index);
  await untilSent(sent + 10);
  over.abort();
  const report = await run;
  expect(report.invariants.violations).toEqual([]);
  expect(report.nodesAgree).toBe(true);
  expect(report.messages).toMatchObject({ lost: 0, unsettled: 0, expired: 0, final: report.messages.sent });
  expect(report.messages.sent).toBeGreaterThanOrEqual(20);
  for (const rule of ["I9", "I10", "I11"]) expect(report.invariants.perRule[rule], rule).toBeGreaterThan(0);
  expect(report.endpoints.ton).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v2\/jsonRPC$/);
});

/** Gives what it is asked for, once it is final; refuses the rest with a code and changes nothing. */
async function tryFaucet(devnet: Devnet): Promise<void> {
  const stranger = "cd".repeat(32);
  const post = async (body: string): Promise<{ status: number; code: string | undefined }> => {
    const answer = await fetch(devnet.urls.faucet!, { method: "POST", body });
    const { error } = (await answer.json()) as { error?: { code: string } };
    return { status: answer.status, code: error?.code };
  };
  expect(await post(JSON.stringify({ address: `0:${stranger}`, amount: "5000" }))).toMatchObject({ status: 200 });
  const balance = async (): Promise<string | null> => (await devnet.clients[0]!.account(stranger)).balance;
  expect(await balance(), "it is there when the faucet says so, whatever thread it lives in").toBe("5000");
  // What is there already owes for its storage: so little that comes raises no balance, and has arrived all the same.
  const little = JSON.stringify({ address: stranger, amount: "1" });
  await sleepMs(1_100);
  expect(await post(little)).toMatchObject({ status: 200 });
  const left = await balance();
  const refused = ["no JSON", "{}", '{"address":"x"}', JSON.stringify({ address: stranger, amount: "-1" })];
  for (const body of refused) expect(await post(body), body).toEqual({ status: 400, code: "badRequest" });
  expect(await post("x".repeat(2_000))).toEqual({ status: 413, code: "tooLarge" });
  expect(await balance()).toBe(left);
  // Of those that come while the wallet waits for its last message, several go together, and all arrive.
  const many = ["01", "52", "a3", "f4", "25", "96"].map((byte) => byte.repeat(32));
  const given = await Promise.all(
    many.map(async (address) => {
      const answer = await fetch(devnet.urls.faucet!, {
        method: "POST",
        body: JSON.stringify({ address, amount: "7" }),
      });
      return (await answer.json()) as { hash: string; status: string; amount: string };
    }),
  );
  for (const one of given) expect(one).toMatchObject({ status: "final", amount: "7" });
  expect(new Set(given.map(({ hash }) => hash)).size).toBeLessThan(many.length);
  for (const id of many) expect((await devnet.clients[0]!.account(id)).balance).toBe("7");
  devnet.cutOff(0);
  const meanwhile = await post(JSON.stringify({ address: "ef".repeat(32) }));
  expect(meanwhile.status, "it asks a keeper that the others reach").toBe(200);
  devnet.heal();
  await expect.poll(async () => (await devnet.clients[0]!.readiness()).ready, { timeout: 30_000 }).toBe(true);
}
