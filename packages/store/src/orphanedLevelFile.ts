import { readdir } from "node:fs/promises";

/**
 * LevelDB takes a directory without CURRENT for a new one: it begins a database over what lies there, and deletes the tables
 * of the old one. A copy that is not whole looks like this, so it is asked before.
 * @returns a file that shows that there was a database; null for a directory that is new, or has its CURRENT
 */
export async function findOrphanedLevelFile(dir: string): Promise<string | null> {
  const names = (await readdir(dir)).sort();
  if (names.includes("CURRENT")) return null;
  const orphans = names.filter((name) => /^MANIFEST-\d+$|\.(?:ldb|sst|log)$/.test(name));
  // A first start that a crash cut off leaves this one alone: nothing was ever written then, and any later one is another.
  return orphans.length === 1 && orphans[0] === "MANIFEST-000001" ? null : (orphans[0] ?? null);
}
