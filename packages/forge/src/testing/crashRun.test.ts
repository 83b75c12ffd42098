import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CRASH_PROGRAM } from "./crashRun.js";

/** Starts a forge as crash tests do; what the forge says goes straight to whoever started the watcher. */
const WATCHER = `
  const [program, directory] = process.argv.slice(1);
  const { spawn } = await import("node:child_process");
  spawn(process.execPath, [program, "file", directory, "watched", "2"], { stdio: ["pipe", "inherit", "inherit"] });
`;

describe("a forge of crash tests", () => {
  let directory = "";
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("ends when its watcher is killed", async () => {
    directory = await mkdtemp(join(tmpdir(), "forge-watched-"));
    const args = ["--input-type=module", "-e", WATCHER, CRASH_PROGRAM, directory];
    const watcher = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    for await (const chunk of watcher.stdout) {
      said += String(chunk);
      if (said.includes("\nsigned ")) watcher.kill("SIGKILL");
    }
    // The stream is over: both processes that held its other end are gone.
    expect(said).toContain("\nready\nsigned ");
  });
});
