import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unwrap } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLevelStore } from "./levelStore.js";
import { describeKeyValueStore } from "./testing/describeKeyValueStore.js";
import { levelHarness } from "./testing/storeHarness.js";

describeKeyValueStore("the LevelDB store", levelHarness);

describe("openLevelStore", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sealwright-level-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it("refuses a directory that is open elsewhere, and says so", async () => {
    await using held = unwrap(await openLevelStore(join(dir, "db")));
    const second = await openLevelStore(join(dir, "db"));
    // The words of LevelDB for it say nothing more.
    expect(second).toMatchObject({ ok: false, error: { code: "locked", why: "another process holds it" } });
    expect(held.status).toBe("open");
  });

  it("tells a damaged directory from one that cannot be a directory", async () => {
    await unwrap(await openLevelStore(join(dir, "db"))).close();
    await writeFile(join(dir, "db", "CURRENT"), "nonsense");
    expect(await openLevelStore(join(dir, "db"))).toMatchObject({ ok: false, error: { code: "corrupt" } });
    await writeFile(join(dir, "file"), "");
    expect(await openLevelStore(join(dir, "file", "db"))).toMatchObject({ ok: false, error: { code: "ioError" } });
  });
});

describe("a LevelDB directory without CURRENT", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sealwright-current-"));
    await using store = unwrap(await openLevelStore(dir));
    await store.commit([{ type: "put", key: Buffer.from("key"), value: new Uint8Array(500) }], { durable: true });
    await store.close();
    await rm(join(dir, "CURRENT"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const contents = async (): Promise<readonly (readonly [string, string])[]> =>
    Promise.all(
      (await readdir(dir)).sort().map(async (name) => [name, await readFile(join(dir, name), "hex")] as const),
    );

  it.each([
    ["everything else", /^$/],
    ["its logs only", /^MANIFEST/],
    ["its manifest only", /\.log$/],
    ["a table only", /^MANIFEST|\.log$/],
  ])("but with %s is damaged at every start, and stays as it is", async (what, missing) => {
    if (what === "a table only") await writeFile(join(dir, "000005.ldb"), "a table");
    for (const name of await readdir(dir)) if (missing.test(name)) await rm(join(dir, name));
    const before = await contents();
    for (let start = 0; start < 2; start++) {
      const opened = await openLevelStore(dir);
      expect(opened).toMatchObject({ ok: false, error: { code: "corrupt" } });
      if (!opened.ok) expect(opened.error.why).toContain("CURRENT is missing");
    }
    expect(await contents()).toEqual(before);
  });

  it("opens when nothing was ever written, as after a first start that a crash cut off", async () => {
    for (const name of await readdir(dir)) await rm(join(dir, name));
    await writeFile(join(dir, "MANIFEST-000001"), "");
    await unwrap(await openLevelStore(dir)).close();
  });
});

describe("the log of a LevelDB directory", () => {
  const COMMITS = 300;
  let dir: string;
  let log: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sealwright-log-"));
    await using store = unwrap(await openLevelStore(dir));
    for (let i = 0; i < COMMITS; i++)
      await store.commit([{ type: "put", key: Buffer.from(`key ${i}`), value: new Uint8Array(500).fill(i) }], {
        durable: i % 50 === 0,
      });
    await store.close();
    log = join(
      dir,
      (await readdir(dir)).find((name) => name.endsWith(".log"))!,
    );
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const count = async (): Promise<number> => {
    await using store = unwrap(await openLevelStore(dir));
    let entries = 0;
    const all = { from: Buffer.from("k"), to: Buffer.from("l"), order: "ascending", limit: 1_000 } as const;
    for await (const _entry of store.entries(all)) entries++;
    return entries;
  };

  it.each([100, 2_000, 40_000, 100_000])(
    "with one flipped bit at %i stops every start, and stays as it is",
    async (at) => {
      const bytes = await readFile(log);
      bytes[at]! ^= 1;
      await writeFile(log, bytes);
      for (let start = 0; start < 2; start++) {
        const opened = await openLevelStore(dir);
        expect(opened).toMatchObject({ ok: false, error: { code: "corrupt" } });
        if (!opened.ok) expect(opened.error.why).toContain(log);
      }
      expect(await readFile(log)).toEqual(bytes);
    },
  );

  it("whose last commits a crash cut off opens with all before them, wherever it was cut", async () => {
    const { length } = await readFile(log);
    const before = await count();
    expect(before).toBe(COMMITS);
    for (const cut of [length - 3, 5 * 32_768, 2 * 32_768 - 3, 50_000]) {
      await rm(dir, { recursive: true });
      await mkdir(dir);
      await using store = unwrap(await openLevelStore(dir));
      for (let i = 0; i < COMMITS; i++)
        await store.commit([{ type: "put", key: Buffer.from(`key ${i}`), value: new Uint8Array(500).fill(i) }], {
          durable: false,
        });
      await store.close();
      await truncate(
        join(
          dir,
          (await readdir(dir)).find((name) => name.endsWith(".log"))!,
        ),
        Math.min(cut, length - 3),
      );
      expect(await count()).toBeGreaterThan(50);
    }
  });

  it("with zeros after its last commit, which a power cut may leave, opens", async () => {
    await writeFile(log, Buffer.concat([await readFile(log), new Uint8Array(70_000)]));
    expect(await count()).toBe(COMMITS);
  });
});
