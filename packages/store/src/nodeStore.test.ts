import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { height, keeperIdFromBytes, networkIdFromBytes, sha256, term, unwrap } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keys } from "./keys.js";
import { memoryStore } from "./memoryStore.js";
import { memoryNodeStore, openNodeStore, openNodeStoreOver, type StoreOwner } from "./nodeStore.js";
import { encodeStamp, FORMAT_VERSION } from "./stamp.js";
import { hashesOf } from "./testing/crashWriter.js";
import { bytesOf, SAMPLE_KEEPER, SAMPLE_NETWORK, sampleGenesis, THREAD_A } from "./testing/sampleChain.js";
import { wrapValue } from "./value.js";

const owner: StoreOwner = { networkId: SAMPLE_NETWORK, keeperId: SAMPLE_KEEPER };
const otherNetwork = networkIdFromBytes(sha256(bytesOf("other")));
const otherKeeper = keeperIdFromBytes(sha256(bytesOf("other")));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-node-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("the stamp of a data directory", () => {
  it("lets the same keeper in again, and says why anybody else is refused", async () => {
    await unwrap(await openNodeStore({ dir, ...owner })).close();
    await unwrap(await openNodeStore({ dir, ...owner })).close();
    const codes: (string | undefined)[] = [];
    const strangers: StoreOwner[] = [
      { ...owner, networkId: otherNetwork },
      { ...owner, keeperId: otherKeeper },
      { networkId: SAMPLE_NETWORK },
    ];
    for (const stranger of strangers) {
      const refused = await openNodeStore({ dir, ...stranger });
      expect(refused).toMatchObject({
        ok: false,
        error: {
          what: expect.stringContaining(dir) as string,
          why: expect.stringMatching(/belongs to/) as string,
          todo: expect.any(String) as string,
        },
      });
      codes.push(refused.ok ? undefined : refused.error.code);
    }
    expect(codes).toEqual(["otherNetwork", "otherKeeper", "otherKeeper"]);
    await unwrap(await openNodeStore({ dir, ...owner })).close();
  });

  it("refuses a newer format, whatever it holds, and a stamp that is damaged", async () => {
    const store = memoryStore();
    const put = (value: Uint8Array) => store.commit([{ type: "put", key: keys.stamp(), value }], { durable: true });
    const newer = encodeStamp({
      formatVersion: FORMAT_VERSION + 1,
      networkId: SAMPLE_NETWORK,
      keeperId: SAMPLE_KEEPER,
    });
    await put(wrapValue(keys.stamp(), new Uint8Array([...newer, 1, 2, 3])));
    expect(await openNodeStoreOver(store, owner)).toMatchObject({ ok: false, error: { code: "newerVersion" } });
    await put(new Uint8Array([1, 2, 3, 4, 5, 6]));
    expect(await openNodeStoreOver(store, owner)).toMatchObject({ ok: false, error: { code: "corrupt" } });
  });

  it("tells what keeps a directory from being opened", async () => {
    await using held = unwrap(await openNodeStore({ dir, ...owner }));
    expect(await openNodeStore({ dir, ...owner })).toMatchObject({ ok: false, error: { code: "locked" } });
    await held.close();
    await writeFile(join(dir, "CURRENT"), "nonsense");
    expect(await openNodeStore({ dir, ...owner })).toMatchObject({ ok: false, error: { code: "corrupt" } });
  });

  it("tells a full disk at the first write", async () => {
    const full = memoryStore({ beforeWrite: () => Promise.reject(Object.assign(new Error("x"), { code: "ENOSPC" })) });
    expect(await openNodeStoreOver(full, owner)).toMatchObject({ ok: false, error: { code: "diskFull" } });
  });
});

describe("a node's store in memory", () => {
  it("offers the same as the one on disk, and restarts from a crash", async () => {
    await using ready = await memoryNodeStore(owner);
    expect(ready.status).toBe("open");
    const store = memoryStore();
    const before = unwrap(await openNodeStoreOver(store, owner));
    await before.repository.initialize([sampleGenesis(THREAD_A)]);
    const after = unwrap(await openNodeStoreOver(store.crash(), owner));
    expect(before.status).toBe("closed");
    expect((await after.repository.lastFinal(THREAD_A))?.height).toBe(0n);
  });
});

const SCRIPT = fileURLToPath(new URL("../dist/testing/crashWriterMain.js", import.meta.url));

/** Starts the writer and kills it (-9) once it has acknowledged `count` commits. @returns all that it acknowledged */
async function runAndKill(count: number): Promise<number[]> {
  const child = spawn(process.execPath, [SCRIPT, dir], { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged: number[] = [];
  const exit = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  expect(await exit).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

describe("a process killed in the middle of group commits", () => {
  it("[R1] left every acknowledged commit and no half batch, time after time", async () => {
    const acknowledged = new Set<number>();
    for (const count of [1, 17, 150, 40]) {
      for (const i of await runAndKill(count)) acknowledged.add(i);
      await using store = unwrap(await openNodeStore({ dir, ...owner }));
      const last = Number((await store.repository.lastSealed(THREAD_A))?.height ?? 0n);
      expect(Math.max(...acknowledged)).toBeLessThanOrEqual(last);
      // Group commit keeps the order, so what is there is 1 to `last` without gaps, whole; of what comes after, nothing.
      for (let i = 1; i <= last + 32; i++) {
        const statuses = await Promise.all(hashesOf(i).map((hash) => store.repository.messageStatus(hash)));
        const sealed = await store.repository.sealedAt(THREAD_A, term(3), height(i));
        expect([i, ...statuses.map((status) => status !== null)]).toEqual([i, i <= last, i <= last, i <= last]);
        if (i <= last) expect((await store.repository.block(sealed!))?.header.height).toBe(BigInt(i));
      }
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(208);
  });
});
