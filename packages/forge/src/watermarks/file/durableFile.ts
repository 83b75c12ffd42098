import { createHash } from "node:crypto";
import { close, constants, fdatasync, fsync, open, write } from "node:fs";
import { type FileHandle, open as openHandle } from "node:fs/promises";
import { promisify } from "node:util";

const openFd = promisify(open);
const writeFd = promisify(write);
const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);
const closeFd = promisify(close);

/** A file whose writes are durable when they resolve. An interface so that tests can break the disk. */
export interface DurableFile {
  write(bytes: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file that exists; rejects with the system's error. */
export type OpenDurableFile = (path: string) => Promise<DurableFile>;

// With O_DSYNC one trip to the thread pool writes and syncs; without it (Windows) it takes two.
const DSYNC: number | undefined = constants.O_DSYNC;

/** Opens an existing file for durable writes inside its size: data is synced, metadata need not be. */
export const openDurableFile: OpenDurableFile = async (path) => {
  const fd = await openFd(path, constants.O_RDWR | (DSYNC ?? 0));
  return {
    async write(bytes, offset) {
      let done = 0;
      while (done < bytes.length) {
        const { bytesWritten } = await writeFd(fd, bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
      if (DSYNC === undefined) await syncData(fd);
    },
    close: () => closeFd(fd),
  };
};

export interface NewFile {
  /** Room at its beginning for what `head` makes at the end. */
  readonly headBytes: number;
  readonly head: (sizeBytes: number) => Uint8Array;
  /** What follows, taken one at a time, between writes: making a large one needs no long turn. */
  readonly chunks: Iterable<Uint8Array>;
  /** The size to fill up to, once it is known how much is used. */
  readonly sizeBytesFor: (usedBytes: number) => number;
  /** Awaited after each piece; rejecting gives the file up. */
  readonly afterPiece?: ((handle: FileHandle) => Promise<void>) | undefined;
}

export interface WrittenFile {
  /** Without the zeros. */
  readonly usedBytes: number;
  readonly sizeBytes: number;
}

const PIECE_BYTES = 1024 * 1024;

/**
 * Writes a whole new file and syncs it, zeros at its end included, so that later writes allocate nothing. Rejects unless
 * the file reads back as it was written: what it replaces may be the only other copy.
 */
export async function writeNewFile(
  path: string,
  { headBytes, head, chunks, sizeBytesFor, afterPiece }: NewFile,
): Promise<WrittenFile> {
  const handle = await openHandle(path, "w+", 0o600);
  try {
    let usedBytes = headBytes;
    const written = createHash("sha256");
    for (const chunk of chunks) {
      await writeWhole(handle, chunk, usedBytes);
      written.update(chunk);
      usedBytes += chunk.length;
      await afterPiece?.(handle);
    }
    const sizeBytes = sizeBytesFor(usedBytes);
    const zeros = new Uint8Array(PIECE_BYTES);
    for (let at = usedBytes; at < sizeBytes; at += zeros.length) {
      await writeWhole(handle, zeros.subarray(0, sizeBytes - at), at);
      await afterPiece?.(handle);
    }
    const headWritten = head(sizeBytes);
    await writeWhole(handle, headWritten, 0);
    await handle.sync();
    const isWhole =
      (await handle.stat()).size === sizeBytes &&
      (await hashOf(handle, 0, headBytes)) === createHash("sha256").update(headWritten).digest("hex") &&
      (await hashOf(handle, headBytes, usedBytes)) === written.digest("hex");
    if (!isWhole) throw new Error(`${path} does not read back as it was written`);
    return { usedBytes, sizeBytes };
  } finally {
    await handle.close();
  }
}

/** Rejects unless a file holds these bytes there: of what was written behind a file that was checked already. */
export async function checkWritten(path: string, bytes: Uint8Array, offset: number): Promise<void> {
  const handle = await openHandle(path, "r");
  try {
    const found = await hashOf(handle, offset, offset + bytes.length);
    if (found !== createHash("sha256").update(bytes).digest("hex"))
      throw new Error(`${path} does not read back as it was written`);
  } finally {
    await handle.close();
  }
}

/** One write may take only a part. */
async function writeWhole(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

async function hashOf(handle: FileHandle, from: number, end: number): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = from; at < end;) {
    const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, end - at), at);
    if (bytesRead === 0) break;
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest("hex");
}

/** Makes a rename or a new name survive a crash. */
export async function syncDirectory(path: string): Promise<void> {
  const fd = await openFd(path, constants.O_RDONLY);
  try {
    await syncAll(fd);
  } finally {
    await closeFd(fd);
  }
}
