import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { BlsSecretKey } from "../bls/blsSecretKey.js";
import { CryptoError } from "./cryptoError.js";
import { CryptoPool } from "./cryptoPool.js";
import { spawnCryptoWorker, type SpawnCryptoWorker } from "./spawnCryptoWorker.js";

const MESSAGE = Uint8Array.of(1, 2, 3);
const SECRET = new Uint8Array(32).fill(1);
const key = unwrap(BlsSecretKey.fromBytes(SECRET));
const signature = key.sign(MESSAGE);
const verifyOn = (pool: CryptoPool, signal?: AbortSignal): Promise<boolean> =>
  pool.verify(key.publicKey(), MESSAGE, signature, signal === undefined ? {} : { signal });

/** A worker of one line of code; `jobs` are what the pool sends. */
function spawnEval(code: string): SpawnCryptoWorker {
  const source = `const { parentPort } = require("node:worker_threads"); parentPort.on("message", (jobs) => { ${code} });`;
  return () => new Worker(source, { eval: true, execArgv: [] });
}

const spawnDying = spawnEval("process.exit(3)");
const spawnThrowing = spawnEval("throw new Error('out of luck')");
const spawnSilent = spawnEval("");
/** Answers each message with the order of its jobs' types, as if that were the answer. */
const spawnTelling = spawnEval(
  "parentPort.postMessage(jobs.map(({ id }) => ({ id, answer: jobs.map(({ job }) => job.type) })))",
);

function firstThen(first: SpawnCryptoWorker, then: SpawnCryptoWorker): SpawnCryptoWorker {
  let spawned = 0;
  return (data) => (spawned++ === 0 ? first(data) : then(data));
}

describe("crypto pool", () => {
  it("replaces a worker that dies and rejects only the calls it had, as worth a retry", async () => {
    await using pool = new CryptoPool({ signerKeys: [SECRET] }, { spawn: firstThen(spawnDying, spawnCryptoWorker) });
    await expect(verifyOn(pool)).rejects.toMatchObject({ code: "workerDied", retryable: true });
    expect(await verifyOn(pool)).toBe(true);
    expect(await pool.sign(key.publicKey(), MESSAGE)).toEqual(signature);
  });

  it("answers calls that waited behind a worker's death by its replacement", async () => {
    await using pool = new CryptoPool({}, { spawn: firstThen(spawnDying, spawnCryptoWorker) });
    const calls = await Promise.allSettled(Array.from({ length: 40 }, () => verifyOn(pool)));
    expect(calls.filter((call) => call.status === "rejected")).toHaveLength(16);
    expect(calls.filter((call) => call.status === "fulfilled" && call.value)).toHaveLength(24);
  });

  it("tells why a worker died, and says so in the log", async () => {
    const codes: string[] = [];
    const logger = { log: (_level: string, code: string) => void codes.push(code) };
    await using pool = new CryptoPool({}, { spawn: firstThen(spawnThrowing, spawnCryptoWorker), logger });
    const error: unknown = await verifyOn(pool).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CryptoError);
    expect((error as CryptoError).cause).toMatchObject({ message: "out of luck" });
    expect(codes).toEqual(["cryptoWorkerDied"]);
  });

  it("gives up when workers die again and again without an answer, instead of starting them for ever", async () => {
    let spawned = 0;
    const spawn: SpawnCryptoWorker = (data) => {
      spawned++;
      return spawnDying(data);
    };
    await using pool = new CryptoPool({}, { spawn });
    const codes = new Set<string>();
    for (let attempt = 0; attempt < 5; attempt++) {
      await verifyOn(pool).catch((error: unknown) => codes.add((error as CryptoError).code));
    }
    await expect(verifyOn(pool)).rejects.toMatchObject({ code: "workersBroken", retryable: false });
    expect(codes).toEqual(new Set(["workerDied"]));
    expect(spawned).toBe(5);
  });

  it("refuses a call when as many as allowed are waiting, and takes calls again after answers", async () => {
    await using pool = new CryptoPool({ jobsMax: 2 });
    const first = [verifyOn(pool), verifyOn(pool)];
    await expect(verifyOn(pool)).rejects.toMatchObject({ code: "queueFull", retryable: true });
    expect(await Promise.all(first)).toEqual([true, true]);
    expect(await verifyOn(pool)).toBe(true);
    expect(pool.jobCount).toBe(0);
  });

  it("bounds the items of all waiting calls together, since calls differ in size", async () => {
    await using pool = new CryptoPool({ itemsMax: 3 });
    const set = { publicKeys: [key.publicKey(), key.publicKey()], message: MESSAGE, signature };
    const first = pool.verifyBatch([set]);
    await expect(pool.verifyBatch([set])).rejects.toMatchObject({ code: "queueFull" });
    await expect(pool.verifyBatch([set, set])).rejects.toMatchObject({ code: "jobTooLarge" });
    expect(await verifyOn(pool)).toBe(true);
    expect(await first).toEqual([0]);
    expect(await pool.verifyBatch([set])).toEqual([0]);
  });

  it("drops a waiting call when its signal fires, and its place is free at once", async () => {
    await using pool = new CryptoPool({ jobsMax: 1 });
    const controller = new AbortController();
    const call = verifyOn(pool, controller.signal);
    controller.abort("too late");
    await expect(call).rejects.toMatchObject({ code: "aborted", cause: "too late" });
    expect(pool.jobCount).toBe(0);
    expect(await verifyOn(pool)).toBe(true);
  });

  it("stops waiting for a running call when its signal fires, but counts it until the worker is done", async () => {
    await using pool = new CryptoPool({}, { spawn: spawnSilent });
    const controller = new AbortController();
    const call = verifyOn(pool, controller.signal);
    await Promise.resolve(); // the tick ends, the worker has the job
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "aborted" });
    expect(pool.jobCount).toBe(1);
  });

  it("rejects what waits and what runs when it ends", async () => {
    const pool = new CryptoPool({}, { spawn: spawnSilent });
    const calls = Promise.allSettled(Array.from({ length: 20 }, () => verifyOn(pool)));
    await Promise.resolve();
    await pool[Symbol.asyncDispose]();
    const reasons = (await calls).map((call) =>
      call.status === "rejected" ? (call.reason as CryptoError).code : "ok",
    );
    expect(new Set(reasons)).toEqual(new Set(["closed"]));
  });

  it("sends the calls of one tick in one message, signing first", async () => {
    await using pool = new CryptoPool({}, { spawn: spawnTelling });
    const check = verifyOn(pool);
    const sign = pool.sign(key.publicKey(), MESSAGE);
    expect(await check).toEqual(["sign", "verifyAggregate"]);
    expect(await sign).toEqual(["sign", "verifyAggregate"]);
  });

  it("fixes a job when it is asked: the caller may reuse its buffers at once", async () => {
    await using pool = new CryptoPool();
    const buffer = new Uint8Array(signature);
    const call = pool.verify(key.publicKey(), MESSAGE, buffer);
    buffer.fill(0);
    expect(await call).toBe(true);
  });

  it("answers before a process ends that waits for nothing else, and then lets it end", async () => {
    const pool = new URL("../../dist/pool/cryptoPool.js", import.meta.url).href;
    const code = `import { CryptoPool } from ${JSON.stringify(pool)};
      new CryptoPool().verify(new Uint8Array(48), new Uint8Array(1), new Uint8Array(96)).then((ok) => console.log(ok));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
    expect(stdout).toBe("false\n");
  }, 30_000);
});
