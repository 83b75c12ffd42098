import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keeperIdOf } from "@sealwright/consensus";
import { createKeyFiles, systemRandom } from "@sealwright/node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runKeysList } from "./keys.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-keys-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

interface Listed {
  readonly kind: string;
  readonly id: string;
  readonly path: string;
  readonly note: string;
}

async function listed(): Promise<readonly Listed[]> {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await runKeysList({ dir, json: true })).toBe(0);
  return (JSON.parse(String(written.mock.lastCall![0])) as { keys: Listed[] }).keys;
}

describe("keys list", () => {
  it("finds the keys of a devnet from the folder in which it was started, and nothing in what others installed", async () => {
    for (const folder of [".sealwright/devnet/node-0/keys", "node_modules/some/keys"]) {
      await mkdir(join(dir, folder), { recursive: true });
      await createKeyFiles(join(dir, folder), "test", { random: systemRandom });
    }
    const keys = await listed();
    expect(keys.map(({ path }) => path)).toEqual([
      ".sealwright/devnet/node-0/keys/bls.json",
      ".sealwright/devnet/node-0/keys/transport.json",
    ]);
  });

  it("calls a keeper by its id alone, also where an older file calls it by the begin of its key", async () => {
    const made = await createKeyFiles(join(dir, "new"), "strong", { random: systemRandom });
    const id = keeperIdOf(made.blsPublicKey);
    expect(made.id).toBe(id);
    expect(await listed()).toContainEqual({
      ...{ kind: "keeper", id, path: "new/bls.json" },
      note: `keeper ${id.slice(0, 16)}`,
    });
    const pubkey = Buffer.from(made.blsPublicKey).toString("hex");
    const text = await readFile(join(dir, "new/bls.json"), "utf8");
    await writeFile(
      join(dir, "new/bls.json"),
      text.replace(`keeper ${id.slice(0, 16)}`, `keeper ${pubkey.slice(0, 16)}`),
    );
    expect((await listed()).find(({ kind }) => kind === "keeper")).toMatchObject({ id, note: "" });
  });
});
