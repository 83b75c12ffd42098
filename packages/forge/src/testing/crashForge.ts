import {
  DEFAULT_THREAD_ID,
  err,
  ok,
  type Random,
  type Result,
  sha256Hex,
  silentLogger,
  unwrap,
} from "@sealwright/types";
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import type { ForgeWorker } from "../forgeWorker.js";
import type { KeyId, PublicKeyHex } from "../keyId.js";
import type { SignFailure, Signer } from "../signers/signer.js";
import { startForgeWorker } from "../startForgeWorker.js";
import { FileWatermarkStore } from "../watermarks/file/fileWatermarkStore.js";
import { PostgresWatermarkStore } from "../watermarks/postgres/postgresWatermarkStore.js";
import type { WatermarkStore } from "../watermarks/watermarkStore.js";
import { realClock } from "./realClock.js";
import { blockRequest, TEST_NETWORK, testKey } from "./requests.js";

/**
 * A forge that signs blocks of its own name for many keys until somebody kills it, or until its standard input closes
 * because nobody is left to do so: a program, for crash tests.
 * Arguments: "file" or "postgres", directory or url, name, number of keys.
 * It says `mark <key> <height>` for what it found, and `signed <key> <height> <digest>` before a signature exists.
 */
const [kind = "", location = "", name = "", keyCount = "8"] = process.argv.slice(2);
const HEIGHT_OFFSET = 4 + 32 + 34 + 8;
const random: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Asking it counts as signed: from here on a real one could have handed the signature out. */
class TellingSigner implements Signer {
  readonly name = "telling";
  readonly concurrentMax = Infinity;
  readonly #keys: readonly KeyId[];

  constructor(keys: readonly KeyId[]) {
    this.#keys = keys;
  }

  keys(): readonly KeyId[] {
    return this.#keys;
  }

  sign(key: KeyId, bytes: Uint8Array): Promise<Result<Uint8Array, SignFailure>> {
    if (!this.#keys.includes(key)) return Promise.resolve(err({ code: "unknownKey", message: "", retryable: false }));
    say(`signed ${this.#keys.indexOf(key)} ${Buffer.from(bytes).readBigUInt64BE(HEIGHT_OFFSET)} ${sha256Hex(bytes)}`);
    return Promise.resolve(ok(new Uint8Array(96)));
  }
}

async function openStore(): Promise<WatermarkStore> {
  const parts = { clock: realClock, random, logger: silentLogger };
  if (kind === "file")
    return unwrap(await FileWatermarkStore.open({ directory: location, logSizeBytes: 64 * 1024 }, parts));
  return unwrap(await PostgresWatermarkStore.open({ url: location, lease: { name: "crash test", ttlMs: 800 } }, parts));
}

async function heightOf(store: WatermarkStore, key: PublicKeyHex): Promise<number> {
  const marks = await store.marksOf({ chain: "sealwright", networkId: TEST_NETWORK, threadId: DEFAULT_THREAD_ID, key });
  return marks.ok && marks.value.chain === "sealwright" ? Number(marks.value.marks.block?.height ?? 0n) : 0;
}

/** Tries what a careless program would: its own block where something was signed before, then one block after the other. */
async function signForEver(forge: ForgeWorker, store: WatermarkStore, key: PublicKeyHex): Promise<void> {
  let height = Math.max(1, await heightOf(store, key));
  for (;;) {
    const outcome = await forge.forge(blockRequest(key, { term: 0, height, block: name }));
    if (outcome.kind === "blockReady") height += 1;
    else if (outcome.kind === "refused") height = Math.max(height, await heightOf(store, key)) + 1;
    else await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

process.stdin.resume().once("close", () => process.kill(process.pid, "SIGKILL"));

const store = await openStore();
const keys = Array.from({ length: Number(keyCount) }, (_, i) => testKey(i));
for (const [index, key] of keys.entries()) say(`mark ${index} ${await heightOf(store, key)}`);
const forge = unwrap(
  await startForgeWorker(
    {},
    { signers: [new TellingSigner(keys)], watermarks: store, clock: realClock, logger: silentLogger },
  ),
);
say("ready");
await Promise.all(keys.map((key) => signForEver(forge, store, key)));
