import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** A devnet's keys lie in .sealwright/devnet/node-0/keys. */
const LEVELS_MAX = 5;
const FILES_MAX = 1_000;
/** Of others, and large. */
const PASSED_OVER: ReadonlySet<string> = new Set(["node_modules", ".git"]);

/**
 * Paths, from `dir` on, of the JSON files in it and in the folders below, five levels in all; at most 1,000, in order.
 * @throws what the system says when `dir` itself cannot be read; a folder below that cannot is passed over
 */
export async function jsonFilesBelow(dir: string): Promise<readonly string[]> {
  const files: string[] = [];
  let level = [""];
  for (let depth = 1; depth <= LEVELS_MAX && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      const entries = await readdir(join(dir, folder), { withFileTypes: true }).catch((error: unknown) => {
        if (folder === "") throw error;
        return [];
      });
      for (const entry of entries) {
        const path = join(folder, entry.name);
        if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) next.push(path);
        else if (entry.isFile() && entry.name.endsWith(".json")) files.push(path);
      }
      if (files.length >= FILES_MAX) return files.slice(0, FILES_MAX).sort();
    }
    level = next;
  }
  return files.sort();
}
