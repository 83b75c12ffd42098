import { silentLogger, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { planSigning } from "../../requests/forgeRequest.js";
import { describeWatermarkStore } from "../../testing/describeWatermarkStore.js";
import { attestationRequest, blockRequest, testKey } from "../../testing/requests.js";
import type { TezosKeyHash } from "../../keyId.js";
import type { Claim } from "../marks.js";
import { type DurableFile, openDurableFile } from "./durableFile.js";
import { FileWatermarkStore } from "./fileWatermarkStore.js";
import type { FileWatermarkDependencies } from "./openLog.js";
import { SECTOR_BYTES } from "./sectors.js";

const directories: string[] = [];
const directoryOf = new WeakMap<object, string>();

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "forge-marks-"));
  directories.push(directory);
  return directory;
}

async function open(
  directory: string,
  more: Partial<FileWatermarkDependencies> = {},
  logSizeBytes = 64 * 1024,
): Promise<FileWatermarkStore> {
  const store = unwrap(
    await FileWatermarkStore.open(
      { directory, logSizeBytes },
      { clock: new ManualClock(), logger: silentLogger, ...more },
    ),
  );
  directoryOf.set(store, directory);
  return store;
}

afterEach(async () => {
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true, force: true })));
});

describeWatermarkStore("file", {
  create: async () => open(await makeDirectory()),
  reopen: async (store) => {
    await store.close();
    return open(directoryOf.get(store) ?? "");
  },
});

function blockClaim(height: number, block: string, key = testKey(1)): Claim {
  const { claim } = planSigning(blockRequest(key, { term: 0, height, block }), null);
  if (claim === null) throw new TypeError("blocks are guarded");
  return claim;
}

async function said(store: FileWatermarkStore, claim: Claim): Promise<string> {
  const answer = await store.guard(claim);
  if (answer.ok) return answer.value.kind;
  return answer.error.kind === "refused" ? answer.error.refusal.code : answer.error.failure.code;
}

/** Counts and breaks writes. */
function brokenDisk(): {
  readonly openFile: typeof openDurableFile;
  readonly writes: number[];
  fail: Error | null;
  gate: Promise<void>;
} {
  const disk = {
    writes: [] as number[],
    fail: null as Error | null,
    gate: Promise.resolve(),
    openFile: async (path: string): Promise<DurableFile> => {
      const file = await openDurableFile(path);
      return {
        write: async (bytes, offset) => {
          disk.writes.push(bytes.length);
          await disk.gate;
          if (disk.fail !== null) throw disk.fail;
          await file.write(bytes, offset);
        },
        close: () => file.close(),
      };
    },
  };
  return disk;
}

describe("FileWatermarkStore", () => {
  it("shares one write among all keys that come while another is under way, and begins the first one early", async () => {
    const disk = brokenDisk();
    const store = await open(await makeDirectory(), { openFile: disk.openFile });
    const answers = Array.from({ length: 100 }, (_, i) => said(store, blockClaim(1, "a", testKey(i))));
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["first"]));
    // The first few go to the disk while the others are still asked for: signers have work when they are done.
    expect(disk.writes).toHaveLength(2);
    await store.close();
  });

  it("[I2] answers a repetition only when what it repeats is durable", async () => {
    const disk = brokenDisk();
    let letGo = (): void => undefined;
    disk.gate = new Promise((resolve) => (letGo = resolve));
    const store = await open(await makeDirectory(), { openFile: disk.openFile });
    const order: string[] = [];
    const first = said(store, blockClaim(1, "a")).then((kind) => order.push(kind));
    const again = said(store, blockClaim(1, "a")).then((kind) => order.push(kind));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(order).toEqual([]);
    letGo();
    await Promise.all([first, again]);
    expect(order).toEqual(["first", "again"]);
    await store.close();
  });

  it("signs nothing more after a failed write, and says why; the next start reads what is there", async () => {
    const disk = brokenDisk();
    const directory = await makeDirectory();
    const store = await open(directory, { openFile: disk.openFile });
    expect(await said(store, blockClaim(1, "a"))).toBe("first");
    disk.fail = new Error("EIO");
    expect(await said(store, blockClaim(2, "b"))).toBe("storeFailed");
    disk.fail = null;
    expect(await said(store, blockClaim(3, "c"))).toBe("storeFailed");
    expect(await said(store, blockClaim(1, "a"))).toBe("storeFailed");
    expect(store.health().ok).toBe(false);
    await store.close();
    const reopened = await open(directory);
    expect(await said(reopened, blockClaim(1, "b"))).toBe("conflictingBlock");
    expect(await said(reopened, blockClaim(2, "x"))).toBe("first");
    await reopened.close();
  });

  it("[I2] answers no repetition of what could not be written, also when it was asked while the write was under way", async () => {
    const disk = brokenDisk();
    let letGo = (): void => undefined;
    disk.gate = new Promise((resolve) => (letGo = resolve));
    const directory = await makeDirectory();
    const store = await open(directory, { openFile: disk.openFile });
    const first = said(store, blockClaim(1, "a"));
    await vi.waitFor(() => expect(disk.writes).toHaveLength(1));
    const again = said(store, blockClaim(1, "a"));
    disk.fail = new Error("EIO");
    letGo();
    expect(await Promise.all([first, again])).toEqual(["storeFailed", "storeFailed"]);
    await store.close();
    const reopened = await open(directory);
    expect(await said(reopened, blockClaim(1, "b"))).toBe("first");
    await reopened.close();
  });

  it("rewrites a full log as a snapshot and forgets nothing that guards", async () => {
    const directory = await makeDirectory();
    const store = await open(directory, {}, 8 * SECTOR_BYTES);
    for (let height = 1; height <= 60; height++) {
      const keys = [testKey(height % 5), testKey(100 + height)];
      expect(await Promise.all(keys.map((key) => said(store, blockClaim(height, "a", key))))).toEqual([
        "first",
        "first",
      ]);
    }
    await store.close();
    const reopened = await open(directory, {}, 8 * SECTOR_BYTES);
    expect(await said(reopened, blockClaim(60, "b", testKey(0)))).toBe("conflictingBlock");
    expect(await said(reopened, blockClaim(7, "b", testKey(107)))).toBe("conflictingBlock");
    expect(await said(reopened, blockClaim(60, "a", testKey(160)))).toBe("again");
    await reopened.close();
  });

  it("takes claims that come while the log is rewritten", async () => {
    const directory = await makeDirectory();
    const store = await open(directory, {}, 6 * SECTOR_BYTES);
    const answers: Promise<string>[] = [];
    for (let height = 1; height <= 200; height++) {
      answers.push(said(store, blockClaim(height, "a", testKey(height % 17))));
      if (height % 3 === 0) await Promise.resolve();
      if (height % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["first"]));
    await store.close();
    const reopened = await open(directory);
    for (let height = 184; height <= 200; height++) {
      expect(await said(reopened, blockClaim(height, "b", testKey(height % 17)))).toBe("conflictingBlock");
    }
    await reopened.close();
  });

  it("is no larger than its limits, however long it is used", async () => {
    const directory = await makeDirectory();
    const store = await open(directory, {}, 256 * SECTOR_BYTES);
    for (let height = 1; height <= 1_000; height++) await said(store, blockClaim(height, "a"));
    expect((await stat(join(directory, "marks.log"))).size).toBeLessThanOrEqual(256 * SECTOR_BYTES);
    await store.close();
  });

  it("writes a signature down by itself when no claim takes it along", async () => {
    const directory = await makeDirectory();
    const clock = new ManualClock();
    const disk = brokenDisk();
    const store = await open(directory, { clock, openFile: disk.openFile });
    const scope = { chain: "tezos", chainId: "NetXdQprcVkpaWU", key: "tz1" as TezosKeyHash } as const;
    const claim = { type: "block", level: 1, round: 0, digest: "ab".repeat(32), signature: null } as const;
    unwrap(await store.guard({ scope, claim }));
    const before = disk.writes.length;
    store.remember({ scope, claim }, new Uint8Array(64).fill(9));
    clock.advance(50);
    await vi.waitFor(() => expect(disk.writes.length).toBeGreaterThan(before));
    // What a process that was killed now leaves behind.
    const copy = await makeDirectory();
    await copyFile(join(directory, "marks.log"), join(copy, "marks.log"));
    await store.close();
    const next = await open(copy);
    expect(unwrap(await next.guard({ scope, claim })).signature).toEqual(new Uint8Array(64).fill(9));
    await next.close();
  });

  it("lets a second opener of the directory wait outside", async () => {
    const directory = await makeDirectory();
    const store = await open(directory);
    const second = await FileWatermarkStore.open({ directory }, { clock: new ManualClock(), logger: silentLogger });
    expect(second).toMatchObject({ ok: false, error: { code: "directoryLocked", pid: process.pid } });
    await store.close();
    await (await open(directory)).close();
  });

  it("takes over the lock of a process that is gone", async () => {
    const directory = await makeDirectory();
    const dead = {
      pid: 0x3fffff,
      startTicks: "1",
      ...(await placeOf(directory)),
      nonce: "x",
    };
    await writeFile(join(directory, "marks.lock"), JSON.stringify(dead));
    await (await open(directory)).close();
  });

  it.each([{ pidNamespace: "pid:[1]" }, { bootId: "another boot" }])(
    "[I1] leaves a directory to a holder that it cannot see, of %o, as long as that one gives signs of life",
    async (elsewhere) => {
      const directory = await makeDirectory();
      const clock = new ManualClock();
      const path = join(directory, "marks.lock");
      const own = JSON.parse(await lockTextOf(directory)) as Record<string, unknown>;
      await writeFile(path, JSON.stringify({ ...own, ...elsewhere, nonce: "other" }));
      let told: unknown = null;
      void FileWatermarkStore.open({ directory }, { clock, logger: silentLogger }).then((opening) => (told = opening));
      for (let beat = 1; beat <= 500 && told === null; beat++) {
        await utimes(path, beat, beat);
        await new Promise((resolve) => setTimeout(resolve, 5));
        clock.advance(500);
      }
      expect(told).toMatchObject({ ok: false, error: { code: "directoryLocked" } });
    },
  );

  it.each([{ pidNamespace: "pid:[1]" }, { bootId: "another boot" }])(
    "waits for a sign of life of a holder of %o, and takes over when there is none",
    async (elsewhere) => {
      const directory = await makeDirectory();
      const clock = new ManualClock();
      const own = JSON.parse(await lockTextOf(directory)) as Record<string, unknown>;
      await writeFile(join(directory, "marks.lock"), JSON.stringify({ ...own, ...elsewhere, nonce: "other" }));
      let opened: FileWatermarkStore | null = null;
      const opening = open(directory, { clock }).then((store) => (opened = store));
      for (let i = 0; i < 100 && opened === null; i++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        clock.advance(1_000);
      }
      await (await opening).close();
    },
  );
});

describe("a directory that was taken away", () => {
  it("is written to no more: seen at the next heartbeat", async () => {
    const directory = await makeDirectory();
    const clock = new ManualClock();
    const store = await open(directory, { clock });
    expect(await said(store, blockClaim(1, "a"))).toBe("first");
    await writeFile(join(directory, "marks.lock"), "somebody else");
    clock.advance(2_000);
    for (let i = 0; i < 200 && store.health().ok; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await said(store, blockClaim(2, "b"))).toBe("storeFailed");
    await store.close();
    expect(await readFile(join(directory, "marks.lock"), "utf8")).toBe("somebody else");
  });

  it("is written to no more by a process that stood still meanwhile: it looks before it writes", async () => {
    class StandingClock extends ManualClock {
      stoodStillMs = 0;
      override monotonicMs(): number {
        return super.monotonicMs() + this.stoodStillMs;
      }
    }
    const directory = await makeDirectory();
    const clock = new StandingClock();
    const store = await open(directory, { clock });
    expect(await said(store, blockClaim(1, "a"))).toBe("first");
    clock.stoodStillMs = 60_000;
    expect(await said(store, blockClaim(2, "a"))).toBe("first");
    await writeFile(join(directory, "marks.lock"), "somebody else");
    clock.stoodStillMs = 120_000;
    expect(await said(store, blockClaim(3, "b"))).toBe("storeFailed");
    await store.close();
  });
});

describe("a lock that cannot be read now", () => {
  class StandingClock extends ManualClock {
    stoodStillMs = 0;
    override monotonicMs(): number {
      return super.monotonicMs() + this.stoodStillMs;
    }
  }

  it("is not lost: nothing is written meanwhile, and all that waits is when it can be read again", async () => {
    const directory = await makeDirectory();
    const path = join(directory, "marks.lock");
    const clock = new StandingClock();
    const store = await open(directory, { clock });
    expect(await said(store, blockClaim(1, "a"))).toBe("first");
    const text = await readFile(path, "utf8");
    // A folder in its place cannot be read as a file: as little as with too many open files.
    await rm(path);
    await mkdir(path);
    clock.advance(2_000);
    clock.stoodStillMs = 60_000;
    const answer = await store.guard(blockClaim(2, "b"));
    expect(answer).toMatchObject({ ok: false, error: { failure: { code: "storeFailed", retryable: true } } });
    expect(store.health().ok).toBe(true);
    await rm(path, { recursive: true });
    await writeFile(path, text);
    expect(await said(store, blockClaim(2, "b"))).toBe("again");
    await store.close();
    const reopened = await open(directory);
    expect(await said(reopened, blockClaim(2, "c"))).toBe("conflictingBlock");
    await reopened.close();
  });

  it("stays where it is at the end when it may be another's by now", async () => {
    const directory = await makeDirectory();
    const path = join(directory, "marks.lock");
    const clock = new StandingClock();
    const store = await open(directory, { clock });
    await rm(path);
    await mkdir(path);
    clock.stoodStillMs = 60_000;
    await store.close();
    expect((await stat(path)).isDirectory()).toBe(true);
  });
});

async function lockTextOf(directory: string): Promise<string> {
  const store = await open(directory);
  const text = await readFile(join(directory, "marks.lock"), "utf8");
  await store.close();
  return text;
}

/** Where a lock says that its holder runs: this boot, these processes. */
async function placeOf(directory: string): Promise<{ readonly bootId: unknown; readonly pidNamespace: unknown }> {
  const { bootId, pidNamespace } = JSON.parse(await lockTextOf(directory)) as Record<string, unknown>;
  return { bootId, pidNamespace };
}

describe("what is found at opening", () => {
  async function withMarks(
    count: number,
  ): Promise<{ readonly directory: string; readonly path: string; readonly ends: number[] }> {
    const directory = await makeDirectory();
    const disk = brokenDisk();
    const store = await open(directory, { openFile: disk.openFile });
    for (let height = 1; height <= count; height++) await said(store, blockClaim(height, "a"));
    await store.close();
    let end = SECTOR_BYTES;
    return { directory, path: join(directory, "marks.log"), ends: disk.writes.map((size) => (end += size)) };
  }

  /** The file as a loss of power leaves it: some sectors of the last commit, which has several, were not written. */
  async function tear(path: string, sectors: readonly number[]): Promise<void> {
    const file = await readFile(path);
    const used = file.findLastIndex((byte) => byte !== 0) + 1;
    const end = Math.ceil(used / SECTOR_BYTES) * SECTOR_BYTES;
    for (const back of sectors) file.fill(0, end - back * SECTOR_BYTES, end - (back - 1) * SECTOR_BYTES);
    await writeFile(path, file);
  }

  it("cuts a commit that a crash tore, wherever it was torn, and keeps all before it", async () => {
    for (const [sectors, isSeen] of [
      [[1], true],
      [[2], true],
      [[3], true],
      [[1, 3], true],
      [[1, 2, 3], false],
    ] as const) {
      const { directory, path } = await withMarks(2);
      const torn = await open(directory);
      const keys = [1, 2, 3, 4, 5].map((number) => testKey(number));
      await Promise.all(keys.map((key) => said(torn, blockClaim(3, "a", key))));
      await torn.close();
      await tear(path, sectors);
      const store = await open(directory);
      expect(store.report.tornBytes > 0).toBe(isSeen);
      expect(await said(store, blockClaim(2, "b"))).toBe("conflictingBlock");
      expect(await said(store, blockClaim(3, "other"))).toBe("first");
      await store.close();
      const again = await open(directory);
      expect(again.report.tornBytes).toBe(0);
      expect(await said(again, blockClaim(3, "b"))).toBe("conflictingBlock");
      await again.close();
    }
  });

  it("tells of a torn commit before it cuts it, and finds it again when that could not be noted", async () => {
    const { directory, path } = await withMarks(2);
    const torn = await open(directory);
    await Promise.all([1, 2, 3, 4, 5].map((number) => said(torn, blockClaim(3, "a", testKey(number)))));
    await torn.close();
    await tear(path, [2]);
    const beforeCut = vi.fn(() => Promise.reject(new Error("no note")));
    const dependencies = { clock: new ManualClock(), logger: silentLogger, beforeCut };
    const opened = await FileWatermarkStore.open({ directory, logSizeBytes: 64 * 1024 }, dependencies);
    expect(opened).toMatchObject({ ok: false, error: { code: "storeUnreadable" } });
    beforeCut.mockResolvedValue(undefined as never);
    const noted = await open(directory, { beforeCut });
    expect(noted.report.tornBytes).toBeGreaterThan(0);
    await noted.close();
    await (await open(directory, { beforeCut })).close();
    expect(beforeCut).toHaveBeenCalledTimes(2);
  });

  it("[I2] stops the start when the last commit was written whole and is not what it was", async () => {
    const { directory, path, ends } = await withMarks(3);
    const file = await readFile(path);
    const at = (ends[1] ?? 0) + 100;
    file[at] = (file[at] ?? 0) ^ 4;
    await writeFile(path, file);
    const opened = await FileWatermarkStore.open({ directory }, { clock: new ManualClock(), logger: silentLogger });
    expect(opened).toMatchObject({ ok: false, error: { code: "corruptedLog", offset: ends[1] } });
    expect(await readFile(path)).toEqual(file);
  });

  it("stops the start when anything before the tail is damaged, and says what to do", async () => {
    const { directory, path, ends } = await withMarks(3);
    const file = await readFile(path);
    const at = (ends[0] ?? 0) + 30;
    file[at] = (file[at] ?? 0) ^ 1;
    await writeFile(path, file);
    const opened = await FileWatermarkStore.open({ directory }, { clock: new ManualClock(), logger: silentLogger });
    expect(opened).toMatchObject({ ok: false, error: { code: "corruptedLog", offset: ends[0] } });
    if (!opened.ok) expect(opened.error.message).toMatch(/import marks at least as high/);
    // The lock was let go: the operator can repair and start again.
    file[at] = (file[at] ?? 0) ^ 1;
    await writeFile(path, file);
    await (await open(directory)).close();
  });

  it("refuses a file of another kind and a version it does not know", async () => {
    const { directory, path } = await withMarks(1);
    const file = await readFile(path);
    file.writeUInt32BE(3, 8);
    await writeFile(path, file);
    expect(
      await FileWatermarkStore.open({ directory }, { clock: new ManualClock(), logger: silentLogger }),
    ).toMatchObject({ ok: false, error: { code: "unsupportedVersion", version: 3 } });
    await writeFile(path, "{}");
    expect(
      await FileWatermarkStore.open({ directory }, { clock: new ManualClock(), logger: silentLogger }),
    ).toMatchObject({ ok: false, error: { code: "notAMarkLog" } });
  });

  it("forgets a snapshot that a crash left half written", async () => {
    const { directory, path } = await withMarks(2);
    await writeFile(`${path}.tmp`, "half");
    const store = await open(directory);
    expect(await said(store, blockClaim(2, "b"))).toBe("conflictingBlock");
    await store.close();
  });

  it("says whether it was there before", async () => {
    const directory = await makeDirectory();
    const fresh = await open(directory);
    expect(fresh.report).toEqual({ created: true, tornBytes: 0, scopes: 0 });
    await fresh.guard(blockClaim(1, "a"));
    const { claim } = planSigning(attestationRequest(testKey(9), { term: 0, height: 1, block: "a" }), null);
    if (claim !== null) await fresh.guard(claim);
    await fresh.close();
    const known = await open(directory);
    expect(known.report).toEqual({ created: false, tornBytes: 0, scopes: 2 });
    await known.close();
  });
});
