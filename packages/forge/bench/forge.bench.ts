/**
 * How many durable BLS signatures a second does a forge make, what share of the bare signer is that, and what does the
 * queue itself cost?
 *
 * Run: npx tsx packages/forge/bench/forge.bench.ts [keys] [signatures]
 * Last answer (2 cores under other load, Node 20; 100 keys, 6,000 signatures): durable 2,050 to 3,900/s, which was 79 to
 * 96 % of the bare signer of the same moment; the queue without signer and disk 22 µs per request in a cold run of 6,000,
 * 12 µs once it is warm (1,000 keys, 30 rounds).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { BlsSecretKey, CryptoPool } from "@sealwright/crypto";
import { ok, silentLogger, unwrap } from "@sealwright/types";
import {
  FileWatermarkStore,
  LocalBlsSigner,
  publicKeyHexFromBytes,
  type Signer,
  startForgeWorker,
  type WatermarkStore,
} from "../src/index.js";
import { attestationRequest, MemoryWatermarkStore, realClock } from "../src/testing/index.js";

const [keyCount = 100, total = 4_000] = process.argv.slice(2).map(Number);
const rounds = Math.max(1, Math.round(total / keyCount));
const secrets = Array.from({ length: keyCount }, (_, i) => {
  const secret = Buffer.alloc(32);
  secret.writeUInt32BE(i + 1, 28);
  return new Uint8Array(secret);
});
const publicKeys = secrets.map((secret) => unwrap(BlsSecretKey.fromBytes(secret)).publicKey());
const keys = publicKeys.map(publicKeyHexFromBytes);
const pool = new CryptoPool({ workers: 2, signerKeys: secrets });

async function timed(what: string, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  const perSecond = (rounds * keyCount * 1_000) / (performance.now() - start);
  console.log(`${what}: ${perSecond.toFixed(0)}/s, ${(1e6 / perSecond).toFixed(1)} µs each`);
  return perSecond;
}

const requests = Array.from({ length: rounds }, (_, round) =>
  keys.map((key) => attestationRequest(key, { term: 0, height: round + 1, block: `a${round}` })),
);

async function signAll(signer: Signer, watermarks: WatermarkStore): Promise<void> {
  const forge = unwrap(
    await startForgeWorker({}, { signers: [signer], watermarks, clock: realClock, logger: silentLogger }),
  );
  for (const together of requests) await Promise.all(together.map((request) => forge.forge(request)));
  await forge.shutdown();
}

const directory = await mkdtemp(join(tmpdir(), "forge-bench-"));
// The first signature makes the workers open all keys.
await pool.sign(publicKeys[0] ?? new Uint8Array(), new Uint8Array(150));
const bare = await timed("bare signer", async () => {
  for (let height = 1; height <= rounds; height++) {
    await Promise.all(publicKeys.map((key) => pool.sign(key, new Uint8Array(150).fill(height))));
  }
});
const watermarks = unwrap(await FileWatermarkStore.open({ directory }, { clock: realClock, logger: silentLogger }));
const durable = await timed("forge, durable", () =>
  signAll(new LocalBlsSigner({ keys }, { service: pool }), watermarks),
);
await watermarks.close();
const signature = new Uint8Array(96);
const instant: Signer = {
  name: "instant",
  concurrentMax: Infinity,
  keys: () => keys,
  sign: () => Promise.resolve(ok(signature)),
};
await timed("queue alone (no signer, no disk)", () => signAll(instant, new MemoryWatermarkStore()));
console.log(`durable share of the bare signer: ${((durable / bare) * 100).toFixed(0)} %`);
await pool[Symbol.asyncDispose]();
await rm(directory, { recursive: true });
