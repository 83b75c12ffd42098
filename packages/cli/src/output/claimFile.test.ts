import { existsSync, watch } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimFile } from "./claimFile.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-claim-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const claim = (path: string) => claimFile({ option: "--report", code: "reportUnwritable", path });

describe("claimFile", () => {
  it("leaves neither what an earlier run wrote nor an empty file", async () => {
    const path = join(dir, "report.json");
    await claim(path);
    expect(existsSync(path)).toBe(false);
    await writeFile(path, "good");
    await claim(path);
    expect(existsSync(path)).toBe(false);
  });

  it("never shows an empty file to who waits for the one that is to come", async () => {
    const seen = new Set<string | null>();
    const watcher = watch(dir, (_event, name) => void seen.add(name));
    await claim(join(dir, "ready.json"));
    await writeFile(join(dir, "last"), "");
    await expect.poll(() => seen.has("last")).toBe(true);
    watcher.close();
    expect([...seen]).not.toContain("ready.json");
  });

  it("touches no other file, whatever it is called", async () => {
    const other = join(dir, "report.json.new");
    await writeFile(other, "somebody's");
    await claim(join(dir, "report.json"));
    expect(await readFile(other, "utf8")).toBe("somebody's");
  });

  it("keeps a link, and removes what it leads to", async () => {
    await writeFile(join(dir, "real.json"), "good");
    await symlink(join(dir, "real.json"), join(dir, "report.json"));
    await claim(join(dir, "report.json"));
    expect(existsSync(join(dir, "real.json"))).toBe(false);
    await writeFile(join(dir, "report.json"), "new");
    expect(await readFile(join(dir, "real.json"), "utf8")).toBe("new");
  });

  it("leaves alone what is no plain file", async () => {
    await claim("/dev/null");
    expect(existsSync("/dev/null")).toBe(true);
  });

  it("says which file cannot be written and why, and which option names another", async () => {
    await writeFile(join(dir, "file"), "");
    for (const [path, why] of [
      [join(dir, "none", "report.json"), "its folder does not exist"],
      [join(dir, "file", "report.json"), "what should be its folder is a file"],
      [dir, "it is a folder"],
    ] as const)
      await expect(claim(path)).rejects.toMatchObject({
        exitCode: 3,
        code: "reportUnwritable",
        message: `the file ${path} cannot be written: ${why}`,
        advice: "choose another file with --report",
      });
  });
});
