import { lstat, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type DevnetUrls, writeReadyFile } from "./devnetUrls.js";

const URLS: DevnetUrls = { ton: null, api: "http://127.0.0.1:1", faucet: null, page: "http://127.0.0.1:1/page/" };

it("writes the addresses whole, and puts no file in the place of what is none, such as /dev/null", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sealwright-ready-"));
  try {
    await writeReadyFile(join(dir, "ready.json"), URLS);
    expect(JSON.parse(await readFile(join(dir, "ready.json"), "utf8"))).toEqual({ ...URLS, endpoints: URLS });
    await symlink("/dev/null", join(dir, "nowhere"));
    await writeReadyFile(join(dir, "nowhere"), URLS);
    expect((await lstat(join(dir, "nowhere"))).isSymbolicLink()).toBe(true);
    expect(await readdir(dir)).toEqual(["nowhere", "ready.json"]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
