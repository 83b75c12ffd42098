import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
    expect(second).toMatchObject({
      ok: false,
      error: { code: "locked", why: expect.stringContaining("another process") as string },
    });
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
