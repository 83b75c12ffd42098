import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isProcessAlive } from "./dirLock.js";
import { type EndpointsFile, readEndpoints } from "./endpointsFile.js";

/** A devnet whose process lives, and where its APIs are. */
export interface RunningDevnet {
  readonly dir: string;
  readonly endpoints: EndpointsFile;
}

/** The devnets in folders of `root` whose process lives, by name. One that was killed leaves its endpoints behind. */
export async function runningDevnets(root: string): Promise<readonly RunningDevnet[]> {
  const running: RunningDevnet[] = [];
  for (const dir of await foldersOf(root)) {
    const endpoints = await readEndpoints(dir);
    if (endpoints !== null && isProcessAlive(endpoints.pid)) running.push({ dir, endpoints });
  }
  return running;
}

/** None when there is no such folder, or when it cannot be looked into. */
async function foldersOf(root: string): Promise<readonly string[]> {
  const names = await readdir(root).catch(() => []);
  return names.sort().map((name) => join(resolve(root), name));
}
