import { type Logger, silentLogger, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planSigning } from "../../requests/forgeRequest.js";
import { blockRequest, testKey } from "../../testing/requests.js";
import type { Claim } from "../marks.js";
import { type DurableFile, openDurableFile } from "./durableFile.js";
import { FileWatermarkStore } from "./fileWatermarkStore.js";
import { LOG_NAME, NEXT_LOG_NAME } from "./openLog.js";

const LOG_BYTES = 128 * 1024;
/** Commits that take up a sector each: two logs and a half. */
const HEIGHTS = 640;

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "forge-successor-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function blockClaim(height: number, block: string, key = testKey(1)): Claim {
  const { claim } = planSigning(blockRequest(key, { term: 0, height, block }), null);
  if (claim === null) throw new TypeError("blocks are guarded");
  return claim;
}

/** A directory, what was answered for in it, and how its log was rewritten. */
class Place {
  readonly directory = join(root, "marks");
  readonly answered = new Map<Claim["scope"], number>();
  readonly rewritten: boolean[] = [];
  readonly warned: string[] = [];
  /** The same object for a key each time. */
  readonly #scopes: Claim["scope"][] = [];
  #copies = 0;

  /** @param onNextLog is called around each write into the next log */
  async open(
    onNextLog: (when: "before" | "after") => Promise<void> = () => Promise.resolve(),
  ): Promise<FileWatermarkStore> {
    const logger: Logger = {
      log: (_level, code, fields) => {
        if (code === "forge.watermarksCompacted") this.rewritten.push(fields?.["beside"] === true);
        if (code === "forge.watermarksSuccessorFailed") this.warned.push(code);
      },
    };
    const openFile = async (path: string): Promise<DurableFile> => {
      const file = await openDurableFile(path);
      if (basename(path) !== NEXT_LOG_NAME) return file;
      let isInForce = false;
      return {
        write: async (bytes, offset) => {
          if (isInForce) return file.write(bytes, offset);
          isInForce = true;
          await onNextLog("before");
          await file.write(bytes, offset);
          await onNextLog("after");
        },
        close: () => file.close(),
      };
    };
    const parts = { clock: new ManualClock(), logger, openFile };
    return unwrap(await FileWatermarkStore.open({ directory: this.directory, logSizeBytes: LOG_BYTES }, parts));
  }

  async guard(store: FileWatermarkStore, height: number): Promise<void> {
    // Keys go on coming, so scopes do too, before, while and after a log is written.
    const number = height % (1 + Math.floor(height / 8));
    const claim = blockClaim(height, "a", testKey(number));
    unwrap(await store.guard(claim));
    this.answered.set((this.#scopes[number] ??= claim.scope), height);
  }

  /** What a start would find if all processes had been killed now. */
  async checkCopy(): Promise<void> {
    const directory = join(root, `copy ${this.#copies++}`);
    const answered = new Map(this.answered);
    await mkdir(directory);
    for (const name of [LOG_NAME, NEXT_LOG_NAME])
      await copyFile(join(this.directory, name), join(directory, name)).catch(() => undefined);
    const copy = unwrap(
      await FileWatermarkStore.open({ directory }, { clock: new ManualClock(), logger: silentLogger }),
    );
    expect(copy.report.tornBytes).toBe(0);
    for (const [scope, height] of answered) {
      const { marks } = unwrap(await copy.marksOf(scope)) as { readonly marks: { readonly block: { height: bigint } } };
      expect(marks.block.height).toBeGreaterThanOrEqual(BigInt(height));
    }
    await copy.close();
  }
}

describe("a log that is written while the present one is in use", () => {
  it("[I2] [I3] takes its place with every mark that was answered for, whenever all is killed", async () => {
    const place = new Place();
    const store = await place.open(() => place.checkCopy());
    for (let height = 1; height <= HEIGHTS; height++) await place.guard(store, height);
    expect(place.rewritten.filter((beside) => beside).length).toBeGreaterThan(0);
    await place.checkCopy();
    await store.close();
    const again = await place.open();
    for (const [scope, height] of place.answered)
      expect(await again.guard({ ...blockClaim(height, "b"), scope } as Claim)).toMatchObject({ ok: false });
    await again.close();
    expect(await readdir(place.directory)).not.toContain(NEXT_LOG_NAME);
  });

  it("[I2] answers claims that come by the dozen meanwhile, each after it is durable", async () => {
    const place = new Place();
    const store = await place.open(() => place.checkCopy());
    const claimed = async (claim: Claim, height: number): Promise<void> => {
      unwrap(await store.guard(claim));
      place.answered.set(claim.scope, height);
    };
    const scopes = new Map<number, Claim["scope"]>();
    for (let height = 1; height <= 200; height++) {
      const keys = Array.from({ length: 8 + Math.floor(height / 10) }, (_, i) => i);
      const claims = keys.map((i) => {
        const claim = blockClaim(height, "a", testKey(i));
        const scope = scopes.get(i) ?? claim.scope;
        scopes.set(i, scope);
        return { ...claim, scope } as Claim;
      });
      const first = claims.slice(0, 5).map((claim) => claimed(claim, height));
      await Promise.race(first);
      await Promise.all([...first, ...claims.slice(5).map((claim) => claimed(claim, height))]);
    }
    expect(place.rewritten).toContain(true);
    await place.checkCopy();
    await store.close();
  });

  it("is given up when it cannot be finished: the present one goes on, and is rewritten when it is full", async () => {
    const place = new Place();
    const store = await place.open(() => Promise.reject(new Error("disk full")));
    for (let height = 1; height <= HEIGHTS; height++) await place.guard(store, height);
    expect(place.warned.length).toBeGreaterThan(0);
    expect(place.rewritten).not.toContain(true);
    expect(place.rewritten).toContain(false);
    await place.checkCopy();
    await store.close();
  });

  it("is left when the store is closed in the midst of it, and nothing of it stays", async () => {
    const place = new Place();
    const store = await place.open();
    for (let height = 1; place.rewritten.length === 0; height++) {
      await place.guard(store, height);
      if ((await readdir(place.directory)).includes(NEXT_LOG_NAME)) break;
    }
    await store.close();
    expect(await readdir(place.directory)).not.toContain(NEXT_LOG_NAME);
    await place.checkCopy();
  });
});
