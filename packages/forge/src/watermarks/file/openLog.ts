import { type Clock, type Logger, ok, type Result } from "@sealwright/types";
import { readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Marks, ScopeText } from "../marks.js";
import type { DirectoryLock } from "./directoryLock.js";
import {
  type DurableFile,
  type NewFile,
  openDurableFile,
  type OpenDurableFile,
  syncDirectory,
  writeNewFile,
  type WrittenFile,
} from "./durableFile.js";
import { encodeHeader, LOG_VERSION } from "./logFormat.js";
import { type LogContents, type LogCorruption, readLog } from "./readLog.js";
import { SECTOR_BYTES } from "./sectors.js";
import { Snapshot } from "./snapshot.js";

/** Name of the file in the folder of watermarks. */
export const LOG_NAME = "marks.log";
/** Of a log that is not in force yet. */
export const NEXT_LOG_NAME = `${LOG_NAME}.tmp`;
const LOG_SIZE_BYTES = 8 * 1024 * 1024;

/** Where watermarks are kept, and how large their file grows. */
export interface FileWatermarkOptions {
  /** Made if it is not there. One process at a time. */
  readonly directory: string;
  /** Preallocated size of a log; when it is full, it is rewritten as a snapshot. */
  readonly logSizeBytes?: number;
}

/** What a folder of watermarks is opened with. */
export interface FileWatermarkDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tests break the disk here. */
  readonly openFile?: OpenDurableFile;
  /**
   * Called, and awaited, when a torn tail is about to be cut. Afterwards nothing in the log shows that there was one, so
   * whoever has to act on it makes a durable note here.
   */
  readonly beforeCut?: () => Promise<void>;
}

/** What was found at opening. A keeper that finds `tornBytes` above zero joins a later term before it votes. */
export interface OpenReport {
  readonly created: boolean;
  readonly tornBytes: number;
  readonly scopes: number;
}

/** A log that was read whole and may be appended to. */
export interface OpenedLog {
  readonly report: OpenReport;
  readonly directory: string;
  readonly logSizeBytes: number;
  readonly openFile: OpenDurableFile;
  readonly lock: DirectoryLock;
  readonly contents: LogContents;
  readonly file: DurableFile;
  readonly capacityBytes: number;
}

/** Reads the log of a directory that is locked, or makes an empty one; cuts a torn tail. */
export async function openLog(
  { directory, logSizeBytes = LOG_SIZE_BYTES }: FileWatermarkOptions,
  { logger, openFile = openDurableFile, beforeCut }: FileWatermarkDependencies,
  lock: DirectoryLock,
): Promise<Result<OpenedLog, LogCorruption>> {
  const path = join(directory, LOG_NAME);
  // Left by a crash before its rename: it was never in force.
  await unlink(join(directory, NEXT_LOG_NAME)).catch(ignoreMissing);
  const found = await readFile(path).catch(ignoreMissing);
  let bytes: Buffer = found ?? (await replaceLog(directory, logSizeBytes, new Map()));
  let contents = readLog(bytes);
  if (!contents.ok) return contents;
  const { tornBytes, endOffset, marks, version } = contents.value;
  if (tornBytes > 0) {
    logger.log("warn", "forge.watermarksTornTailCut", { path, tornBytes, offset: endOffset });
    await beforeCut?.();
  }
  if (version !== LOG_VERSION) {
    bytes = await replaceLog(directory, logSizeBytes, marks);
    contents = readLog(bytes);
    if (!contents.ok) return contents;
  }
  const file = await openFile(path);
  if (contents.value.tornBytes > 0) await file.write(new Uint8Array(tornBytes), endOffset);
  const report = { created: found === undefined, tornBytes, scopes: marks.size };
  return ok({
    report,
    directory,
    logSizeBytes,
    openFile,
    lock,
    contents: contents.value,
    file,
    capacityBytes: bytes.length,
  });
}

/** Puts a log that holds these marks in the place of what is there. @returns its bytes */
async function replaceLog(
  directory: string,
  logSizeBytes: number,
  marks: ReadonlyMap<ScopeText, Marks>,
): Promise<Buffer> {
  const path = join(directory, LOG_NAME);
  const nextPath = join(directory, NEXT_LOG_NAME);
  await writeLog(nextPath, new Snapshot(marks), logSizeBytes);
  await rename(nextPath, path);
  await syncDirectory(directory);
  return readFile(path);
}

/** A whole new log, durable under a name that is not in force yet. */
export function writeLog(
  path: string,
  snapshot: Snapshot,
  logSizeBytes: number,
  afterPiece?: NewFile["afterPiece"],
): Promise<WrittenFile> {
  return writeNewFile(path, {
    headBytes: SECTOR_BYTES,
    head: encodeHeader,
    chunks: snapshot.chunks(),
    sizeBytesFor: (usedBytes) => capacityFor(usedBytes, logSizeBytes),
    afterPiece,
  });
}

/** Room for at least three times the snapshot, so that compactions stay rare as marks grow. */
function capacityFor(snapshotBytes: number, logSizeBytes: number): number {
  return Math.ceil(Math.max(logSizeBytes, snapshotBytes * 4) / SECTOR_BYTES) * SECTOR_BYTES;
}

/** Where, why, and what to do. */
export function corruptionMessage(path: string, error: LogCorruption): string {
  const advice =
    "Do not sign with these keys anywhere before it is settled: import marks at least as high as all that was ever signed into an empty directory; an older copy of this file would let what was signed since be signed again.";
  switch (error.code) {
    case "notAMarkLog":
      return `${path} is not a watermark log. ${advice}`;
    case "unsupportedVersion":
      return `${path} has version ${error.version}, which this release does not read: use the release that wrote it, or a newer one.`;
    case "corruptedLog":
      return `${path} is damaged at byte ${error.offset} (${error.reason}). ${advice}`;
  }
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  throw error;
}
