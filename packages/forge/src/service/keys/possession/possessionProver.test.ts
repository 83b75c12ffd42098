import { BlsSecretKey } from "@sealwright/crypto";
import { unwrap } from "@sealwright/types";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { PossessionProver, PROOFS_WAITING_MAX } from "./possessionProver.js";
import type { PossessionJob } from "./possessionWorker.js";
import { verifyTezosPossession } from "./provePossession.js";

const SCALAR = new Uint8Array(32).fill(1);
const publicKey = unwrap(BlsSecretKey.fromBytes(SCALAR)).publicKey();
const JOB: PossessionJob = { scalar: SCALAR, publicKey };
const here = (): AbortSignal => new AbortController().signal;

const provers: PossessionProver[] = [];
afterEach(async () => {
  for (const prover of provers.splice(0)) await prover[Symbol.asyncDispose]();
});

/** @param code of a thread that is sent `job`; it says `message` by `say` */
function proverWith(code: string): PossessionProver {
  const source = `const { parentPort } = require("node:worker_threads");
    const say = (message) => parentPort.postMessage(message);
    parentPort.on("message", (job) => { ${code} });`;
  const prover = new PossessionProver({ spawn: () => new Worker(source, { eval: true, execArgv: [] }) });
  provers.push(prover);
  return prover;
}

describe("PossessionProver", () => {
  it("makes sound proofs on its thread, also after that one has ended", async () => {
    const prover = new PossessionProver();
    provers.push(prover);
    for (const _time of [1, 2]) {
      const proof = unwrap(await prover.prove(JOB, here()));
      expect(verifyTezosPossession(publicKey, publicKey, proof)).toBe(true);
    }
  });

  it("keeps a bounded number of askers waiting, and refuses the next one", async () => {
    const prover = proverWith("");
    const taken = Array.from({ length: PROOFS_WAITING_MAX + 1 }, () => prover.prove(JOB, here()));
    expect(await prover.prove(JOB, here())).toMatchObject({ ok: false, error: { code: "tooManyWaiting" } });
    await prover[Symbol.asyncDispose]();
    for (const proof of await Promise.all(taken)) expect(proof).toMatchObject({ error: { code: "aborted" } });
  });

  it("answers in the order of asking, and gives the place of an asker that has left to another", async () => {
    const prover = proverWith("setTimeout(() => say(job.publicKey), 20)");
    const leaving = new AbortController();
    const first = prover.prove(JOB, here());
    const left = prover.prove(JOB, leaving.signal);
    const rest = Array.from({ length: PROOFS_WAITING_MAX - 1 }, (_, i) =>
      prover.prove({ ...JOB, publicKey: Uint8Array.of(i) }, here()),
    );
    leaving.abort();
    expect(await left).toMatchObject({ ok: false, error: { code: "aborted" } });
    const last = prover.prove({ ...JOB, publicKey: Uint8Array.of(99) }, here());
    expect(unwrap(await first)).toEqual(publicKey);
    expect((await Promise.all(rest)).map((proof) => unwrap(proof)[0])).toEqual(rest.map((_, i) => i));
    expect(unwrap(await last)).toEqual(Uint8Array.of(99));
  });

  it("tells all that wait when its thread dies, and starts another one for the next asker", async () => {
    const prover = proverWith("if (job.publicKey[0] === 1) process.exit(1); else say(job.publicKey)");
    const dying = [1, 2].map((byte) => prover.prove({ ...JOB, publicKey: Uint8Array.of(byte) }, here()));
    for (const proof of await Promise.all(dying)) expect(proof).toMatchObject({ error: { code: "signerFailed" } });
    expect(unwrap(await prover.prove({ ...JOB, publicKey: Uint8Array.of(2) }, here()))).toEqual(Uint8Array.of(2));
  });
});
