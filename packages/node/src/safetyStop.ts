import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ThreadId, UnixMs } from "@sealwright/types";

/**
 * A keeper saw what cannot be while at most f lie and its machine computes well: its own execution against a quorum, or a
 * final block that a good certificate leaves aside (protocol F3, §7). It may not vote again before somebody looked.
 */
export class SafetyStop extends Error {
  constructor(
    readonly threadId: ThreadId,
    readonly reason: string,
  ) {
    super(`thread ${threadId}: ${reason}`);
    this.name = "SafetyStop";
  }
}

const NAME = "stopped-for-safety.json";

/** Durable when it resolves: no restart, by whoever supervises the process, forgets it. */
export async function recordSafetyStop(dir: string, { threadId, reason }: SafetyStop, nowMs: UnixMs): Promise<void> {
  const record = { at: new Date(nowMs).toISOString(), threadId, reason };
  const path = join(dir, NAME);
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const folder = await open(dir, "r");
  await folder.sync().finally(() => folder.close());
}

/** @returns why the keeper whose data lies here stays stopped and what to do, for its operator; null when it does not */
export async function readSafetyStop(dir: string): Promise<{ readonly found: string; readonly advice: string } | null> {
  const path = join(dir, NAME);
  if (!(await isThere(path))) return null;
  const text = await readFile(path, "utf8").catch(() => "");
  const found = `this keeper stopped itself for safety${whatFor(text)}`;
  const advice = `keep the data directory, find out who is wrong (docs/operations.md, "A keeper that stopped for safety"), then delete ${path}`;
  return { found, advice };
}

/**
 * In what is no folder, or one that this user may not look into, no stop was seen; and nothing starts there, for whoever opens
 * the rest of it says what is wrong.
 */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return !["ENOENT", "ENOTDIR", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

/** A record that cannot be read still says that there was a stop. */
function whatFor(text: string): string {
  try {
    const { at, threadId, reason } = JSON.parse(text) as Record<string, unknown>;
    if (typeof at !== "string" || typeof threadId !== "string" || typeof reason !== "string") return "";
    return ` at ${at}: thread ${threadId}: ${reason}`;
  } catch {
    return "";
  }
}
