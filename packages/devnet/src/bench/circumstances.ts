import { execFileSync } from "node:child_process";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Circumstances } from "./benchResult.js";

export function circumstances(): Circumstances {
  const processors = cpus();
  return {
    commit: commitOf(dirname(fileURLToPath(import.meta.url))),
    machine: {
      cpu: processors[0]?.model ?? "unknown",
      cores: processors.length,
      memoryGb: Math.round(totalmem() / 1024 ** 3),
      system: `${platform()} ${release()} ${arch()}`,
      node: process.version,
    },
    startedAt: new Date().toISOString(),
  };
}

function commitOf(folder: string): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: "pipe" }).trim();
    return git("rev-parse", "--short=12", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return null;
  }
}
