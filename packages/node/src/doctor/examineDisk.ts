import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { type Finding, fine, finding } from "./finding.js";

const GIB = 1024 ** 3;
const FREE_GIB_WARN = 10;
const FREE_GIB_MIN = 1;
const WRITES = 32;
const WRITE_BYTES = 4_096;
/** A block waits for two or three of them one after the other, several times a second. */
const SYNC_MS_WARN = 10;
const SYNC_MS_MAX = 50;

/**
 * Whether a folder can hold a node's data: space, permission, and how long a synced write takes. Writes one file of its
 * own beside the data, and takes it away again.
 * @param dir may not exist yet: then the folder that it would be made in is looked at
 */
export async function examineDisk(dir: string): Promise<readonly Finding[]> {
  const place = existingParent(dir);
  const { bavail, bsize } = await statfs(place);
  const freeGib = (bavail * bsize) / GIB;
  try {
    return [judgeSpace(freeGib, place), judgeSpeed(await medianSyncMs(place), place)];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const advice = `give this user the right to write to ${place}, and check that the disk is healthy and not full`;
    return [judgeSpace(freeGib, place), finding("disk.speed", "fail", `${place} cannot be written (${code})`, advice)];
  }
}

export function judgeSpace(freeGib: number, place: string): Finding {
  const found = `${freeGib.toFixed(1)} GiB free at ${place}`;
  if (freeGib >= FREE_GIB_WARN) return fine("disk.space", found);
  const level = freeGib < FREE_GIB_MIN ? "fail" : "warn";
  return finding("disk.space", level, found, `a node stops when its disk is full: keep ${FREE_GIB_WARN} GiB free`);
}

export function judgeSpeed(syncMs: number, place: string): Finding {
  const found = `a synced write takes ${syncMs.toFixed(1)} ms (median of ${WRITES}) at ${place}`;
  if (syncMs <= SYNC_MS_WARN) return fine("disk.speed", found);
  const level = syncMs > SYNC_MS_MAX ? "fail" : "warn";
  const advice = "use a local solid-state disk: nothing is signed or told before it is on disk";
  return finding("disk.speed", level, found, advice);
}

async function medianSyncMs(place: string): Promise<number> {
  const path = join(place, `.sealwright-doctor-${randomUUID()}`);
  const file = await open(path, "wx", 0o600);
  try {
    const times: number[] = [];
    for (let i = 0; i < WRITES; i++) {
      const startMs = performance.now();
      await file.write(Buffer.alloc(WRITE_BYTES, i), 0, WRITE_BYTES, i * WRITE_BYTES);
      await file.datasync();
      times.push(performance.now() - startMs);
    }
    return times.sort((a, b) => a - b)[WRITES / 2]!;
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

function existingParent(dir: string): string {
  let place = dir;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  return place;
}
