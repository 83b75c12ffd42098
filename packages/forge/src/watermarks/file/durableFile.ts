import { close, constants, fdatasync, fsync, open, write } from "node:fs";
import { open as openHandle } from "node:fs/promises";
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

export interface WrittenFile {
  /** Without the zeros. */
  readonly usedBytes: number;
  readonly sizeBytes: number;
}

/**
 * Writes a whole new file and syncs it, zeros at its end included, so that later writes allocate nothing. Chunks are
 * taken one at a time, between writes: making a large one needs no long turn.
 * @param sizeBytesFor the size to fill up to, once it is known how much is used
 */
export async function writeNewFile(
  path: string,
  chunks: Iterable<Uint8Array>,
  sizeBytesFor: (usedBytes: number) => number,
): Promise<WrittenFile> {
  const handle = await openHandle(path, "w", 0o600);
  try {
    let usedBytes = 0;
    for (const chunk of chunks) {
      await handle.write(chunk, 0, chunk.length, usedBytes);
      usedBytes += chunk.length;
    }
    const sizeBytes = sizeBytesFor(usedBytes);
    const zeros = Buffer.alloc(1024 * 1024);
    for (let at = usedBytes; at < sizeBytes; at += zeros.length) {
      await handle.write(zeros, 0, Math.min(zeros.length, sizeBytes - at), at);
    }
    await handle.sync();
    return { usedBytes, sizeBytes };
  } finally {
    await handle.close();
  }
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
