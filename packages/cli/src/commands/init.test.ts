import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type InitOptions, runInit } from "./init.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-init-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const OPTIONS = { nodes: 1, threads: 1, keeperPort: 8_500, apiPort: 8_600, fee: 1, json: true } as const;

function init(more: Partial<InitOptions>) {
  return runInit({ ...OPTIONS, dir: join(dir, "net"), name: "n", testAccounts: 0, balance: 1n, ...more });
}

describe("runInit", () => {
  it.each([
    ["a name that is too long", { name: "n".repeat(65) }, "--name is"],
    ["a name with a line break", { name: "a\nb" }, "--name is"],
    ["a balance of twenty digits", { testAccounts: 2, balance: 10n ** 19n }, "--balance is"],
    ["balances that add up to more than there can be", { testAccounts: 3, balance: 9n * 10n ** 18n }, "--balance is"],
  ])("refuses %s, which no node would start with, and writes nothing", async (_what, more, text) => {
    await expect(init(more)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(text) as string });
    expect(existsSync(join(dir, "net"))).toBe(false);
  });
});
