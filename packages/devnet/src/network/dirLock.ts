import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DevnetError } from "../devnetError.js";

/**
 * Keeps a second devnet out of a folder. The lock lies beside the folder and names the process that holds it; one whose
 * process is gone is taken over.
 * @returns releases the lock
 */
export function lockDir(dir: string): () => void {
  const path = `${dir}.lock`;
  mkdirSync(dirname(path), { recursive: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, `${process.pid}\n`, { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(readFileSync(path, "utf8"));
    if (isProcessAlive(owner)) {
      const advice = `stop that one, or give this one a folder of its own with --data-dir; if process ${owner} is no devnet, delete ${path}`;
      throw new DevnetError("dirInUse", `process ${owner} runs a devnet in ${dir}`, advice);
    }
    rmSync(path, { force: true });
  }
  throw new DevnetError("dirInUse", `another devnet starts in ${dir} at this moment`, "try again");
}

/** Whether there is a process of that number, whosever. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
