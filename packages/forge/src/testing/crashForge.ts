import { err, type Logger, ok, type Random, type Result, sha256Hex, silentLogger, unwrap } from "@sealwright/types";
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import type { ForgeWorker } from "../forgeWorker.js";
import type { KeyId } from "../keyId.js";
import type { SignFailure, Signer, SignOptions } from "../signers/signer.js";
import { startForgeWorker } from "../startForgeWorker.js";
import { FileWatermarkStore } from "../watermarks/file/fileWatermarkStore.js";
import { PostgresWatermarkStore } from "../watermarks/postgres/postgresWatermarkStore.js";
import type { WatermarkStore } from "../watermarks/watermarkStore.js";
import { crashRoles, type CrashRole, placeOf } from "./crashRoles.js";
import { realClock } from "./realClock.js";

/**
 * A forge that signs blocks, votes and locks of its own name for many keys until somebody kills it, or until its standard
 * input closes because nobody is left to do so: a program, for crash tests.
 * Arguments: "file" or "postgres", directory or url, name, number of keys.
 * It says `mark <key>/<kind> <place>` for what it found, then `ready`, and `signed <key>/<kind> <place> <digest>` before a
 * signature exists; `changed log` when its file of marks gave way to one that was written meanwhile.
 */
const [kind = "", location = "", name = "", keyCount = "8"] = process.argv.slice(2);
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

  sign(key: KeyId, bytes: Uint8Array, { request }: SignOptions): Promise<Result<Uint8Array, SignFailure>> {
    const index = this.#keys.indexOf(key);
    if (index < 0 || request === undefined)
      return Promise.resolve(err({ code: "unknownKey", message: "", retryable: false }));
    say(`signed ${index}/${request.kind} ${placeOf(request)} ${sha256Hex(bytes)}`);
    return Promise.resolve(ok(new Uint8Array(96)));
  }
}

async function openStore(): Promise<WatermarkStore> {
  const logger: Logger = {
    log: (_level, code, fields) => {
      if (code === "forge.watermarksCompacted" && fields?.["beside"] === true) say("changed log");
    },
  };
  const parts = { clock: realClock, random, logger };
  if (kind === "file")
    return unwrap(await FileWatermarkStore.open({ directory: location, logSizeBytes: 64 * 1024 }, parts));
  return unwrap(await PostgresWatermarkStore.open({ url: location, lease: { name: "crash test", ttlMs: 800 } }, parts));
}

/** The highest step of which anything is recorded. */
async function stepOf(store: WatermarkStore, role: CrashRole): Promise<number> {
  const marks = await store.marksOf(role.scope);
  return marks.ok ? role.stepOf(marks.value) : 0;
}

/** Tries what a careless program would: its own things where something was signed before, then one step after the other. */
async function signForEver(forge: ForgeWorker, store: WatermarkStore, role: CrashRole): Promise<void> {
  let step = Math.max(1, await stepOf(store, role));
  for (;;) {
    const kinds = new Set<string>();
    for (const request of role.requestsAt(step, name)) kinds.add((await forge.forge(request)).kind);
    if (kinds.has("failed") || kinds.has("notAccepted")) await new Promise((resolve) => setTimeout(resolve, 20));
    else if (kinds.has("refused")) step = Math.max(step, await stepOf(store, role)) + 1;
    else step += 1;
  }
}

process.stdin.resume().once("close", () => process.kill(process.pid, "SIGKILL"));

const store = await openStore();
const roles = crashRoles(Number(keyCount));
for (const [index, role] of roles.entries()) {
  const marks = await store.marksOf(role.scope);
  for (const [what, place] of marks.ok ? role.marked(marks.value) : []) say(`mark ${index}/${what} ${place}`);
}
const signers = [new TellingSigner(roles.map(({ key }) => key))];
const forge = unwrap(
  await startForgeWorker({}, { signers, watermarks: store, clock: realClock, logger: silentLogger }),
);
say("ready");
await Promise.all(roles.map((role) => signForEver(forge, store, role)));
