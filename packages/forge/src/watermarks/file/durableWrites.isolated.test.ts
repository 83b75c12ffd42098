import { silentLogger, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { planSigning } from "../../requests/forgeRequest.js";
import { blockRequest, testKey } from "../../testing/requests.js";
import { FileWatermarkStore } from "./fileWatermarkStore.js";
import { LOG_NAME } from "./openLog.js";

/** What was asked of the disk, in order. */
const asked = vi.hoisted((): string[] => []);

/** What the disk makes of a write of a new file. */
const disk = vi.hoisted((): { takesBytesMax: number; spoils: boolean } => ({ takesBytesMax: Infinity, spoils: false }));

vi.mock("node:fs", async (load) => {
  const real = await load<typeof import("node:fs")>();
  const fsync = (fd: number, done: (error: Error | null) => void): void => {
    asked.push(real.fstatSync(fd).isDirectory() ? "sync folder" : "sync file");
    real.fsync(fd, done);
  };
  return { ...real, fsync };
});

vi.mock("node:fs/promises", async (load) => {
  const real = await load<typeof import("node:fs/promises")>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const handle = await real.open(...args);
      const sync = handle.sync.bind(handle);
      handle.sync = () => {
        asked.push(`sync ${basename(String(args[0]))}`);
        return sync();
      };
      const write = handle.write.bind(handle) as (
        bytes: Uint8Array,
        from: number,
        length: number,
        at: number,
      ) => Promise<{ bytesWritten: number; buffer: Uint8Array }>;
      const spoiled = (bytes: Uint8Array): Uint8Array => (disk.spoils ? bytes.map((byte) => byte ^ 1) : bytes);
      if (String(args[0]).endsWith(".tmp"))
        handle.write = ((bytes: Uint8Array, from: number, length: number, at: number) =>
          write(spoiled(bytes), from, Math.min(length, disk.takesBytesMax), at)) as typeof handle.write;
      return handle;
    },
    rename: (from: string, to: string) => {
      asked.push(`rename to ${basename(to)}`);
      return real.rename(from, to);
    },
  };
});

const NEW_LOG = [`sync ${LOG_NAME}.tmp`, `rename to ${LOG_NAME}`, "sync folder"];

describe("what survives a loss of power", () => {
  let directory = "";
  const openStore = async (logSizeBytes = 1024 * 1024): Promise<FileWatermarkStore> =>
    unwrap(
      await FileWatermarkStore.open({ directory, logSizeBytes }, { clock: new ManualClock(), logger: silentLogger }),
    );
  const guard = async (store: FileWatermarkStore, height: number): Promise<void> => {
    const { claim } = planSigning(blockRequest(testKey(0), { term: 0, height, block: "a" }), null);
    if (claim === null) throw new TypeError("blocks are guarded");
    unwrap(await store.guard(claim));
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "forge-durable-"));
    asked.length = 0;
    disk.takesBytesMax = Infinity;
    disk.spoils = false;
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("[I2] is a new log, synced with its name before the first mark is asked for", async () => {
    const store = await openStore();
    expect(asked.filter((what) => !what.includes(".lock"))).toEqual(NEW_LOG);
    await store.close();
  });

  it("[I2] is a log that was rewritten, synced before it takes the place of the old one", async () => {
    const store = await openStore(4_096);
    asked.length = 0;
    for (let height = 1; height <= 40; height++) await guard(store, height);
    await store.close();
    const renames = asked.filter((what) => what.startsWith("rename")).length;
    expect(renames).toBeGreaterThan(0);
    expect(asked).toEqual(Array.from({ length: renames }, () => NEW_LOG).flat());
  });

  it("[I2] is a log that was rewritten by a disk that takes each write in pieces", async () => {
    disk.takesBytesMax = 1_000;
    const store = await openStore(4_096);
    for (let height = 1; height <= 40; height++) await guard(store, height);
    await store.close();
    const reopened = await openStore(4_096);
    expect(reopened.report).toMatchObject({ created: false, tornBytes: 0, scopes: 1 });
    const { claim } = planSigning(blockRequest(testKey(0), { term: 0, height: 40, block: "b" }), null);
    expect(await reopened.guard(claim!)).toMatchObject({ ok: false, error: { refusal: { code: "conflictingBlock" } } });
    await reopened.close();
  });

  it("[I2] is the old log when the new one does not read back as it was written", async () => {
    const store = await openStore(4_096);
    await guard(store, 1);
    disk.spoils = true;
    asked.length = 0;
    let refused = 0;
    for (let height = 2; height <= 40; height++) {
      const { claim } = planSigning(blockRequest(testKey(0), { term: 0, height, block: "a" }), null);
      const answer = await store.guard(claim!);
      if (!answer.ok) refused++;
    }
    expect(refused).toBeGreaterThan(0);
    expect(asked.filter((what) => what.startsWith("rename"))).toEqual([]);
    await store.close();
    disk.spoils = false;
    const reopened = await openStore(4_096);
    const { claim } = planSigning(blockRequest(testKey(0), { term: 0, height: 1, block: "b" }), null);
    expect((await reopened.guard(claim!)).ok).toBe(false);
    await reopened.close();
  });

  it("[I2] is each mark: the log is open for writes that return when they are on the disk", async () => {
    const store = await openStore();
    await guard(store, 1);
    // Where a system shows what its files are opened with.
    const descriptors = await readdir("/proc/self/fd").catch(() => []);
    const flags: number[] = [];
    for (const fd of descriptors) {
      if ((await readlink(`/proc/self/fd/${fd}`).catch(() => "")) !== join(directory, LOG_NAME)) continue;
      const info = await readFile(`/proc/self/fdinfo/${fd}`, "utf8");
      flags.push(parseInt(/flags:\s+([0-7]+)/.exec(info)?.[1] ?? "0", 8));
    }
    const { O_DSYNC } = (await import("node:fs")).constants;
    if (descriptors.length > 0) expect(flags.map((all) => all & O_DSYNC)).toEqual([O_DSYNC]);
    await store.close();
  });
});
