import { err, ok, type Result } from "@sealwright/types";
import { Worker } from "node:worker_threads";
import type { PossessionJob } from "./possessionWorker.js";

export interface PossessionFailure {
  readonly code: "tooManyWaiting" | "aborted" | "signerFailed";
  readonly message: string;
}

type Proof = Result<Uint8Array, PossessionFailure>;

interface Asked {
  readonly job: PossessionJob;
  readonly answer: (proof: Proof) => void;
}

/** A key is registered once in its life: more askers than this are a loop, or no friends. */
export const PROOFS_WAITING_MAX = 16;

/**
 * Makes proofs of possession one after the other on a thread of its own: each takes some 30 ms, which neither the
 * service's own thread nor those that sign votes can spare. The thread, and the secret in it, is gone when nobody asks.
 */
export class PossessionProver implements AsyncDisposable {
  readonly #spawn: () => Worker;
  #thread: Worker | null = null;
  #running: Asked | null = null;
  #waiting: Asked[] = [];
  #closed = false;

  constructor({ spawn = spawnPossessionWorker }: { readonly spawn?: () => Worker } = {}) {
    this.#spawn = spawn;
  }

  /** @param gone aborted when the asker has left */
  prove(job: PossessionJob, gone: AbortSignal): Promise<Proof> {
    if (this.#closed || gone.aborted) return Promise.resolve(err(NOBODY_WAITS));
    if (this.#waiting.length >= PROOFS_WAITING_MAX) return Promise.resolve(err(TOO_MANY_WAIT));
    return new Promise((resolve) => {
      const onGone = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== asked);
        asked.answer(err(NOBODY_WAITS));
      };
      const asked: Asked = {
        job,
        answer: (proof) => {
          gone.removeEventListener("abort", onGone);
          resolve(proof);
        },
      };
      gone.addEventListener("abort", onGone, { once: true });
      this.#waiting.push(asked);
      if (this.#running === null) this.#next();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#failAll(NOBODY_WAITS);
    await this.#endThread();
  }

  #next(): void {
    this.#running = this.#waiting.shift() ?? null;
    if (this.#running === null) {
      void this.#endThread();
      return;
    }
    this.#thread ??= this.#openThread();
    this.#thread.postMessage(this.#running.job);
  }

  #openThread(): Worker {
    const thread = this.#spawn();
    thread.on("message", (proof: Uint8Array) => {
      this.#running?.answer(ok(proof));
      this.#next();
    });
    let cause = "it ended";
    thread.on("error", (error) => (cause = String(error)));
    thread.on("exit", () => {
      // Whoever ends it forgets it first; otherwise it died, and starting it for the others would try the same again.
      if (this.#thread !== thread) return;
      this.#thread = null;
      this.#failAll({ code: "signerFailed", message: `the thread that makes proofs died (${cause})` });
    });
    return thread;
  }

  async #endThread(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    await thread?.terminate();
  }

  #failAll(failure: PossessionFailure): void {
    const all = this.#running === null ? this.#waiting : [this.#running, ...this.#waiting];
    this.#running = null;
    this.#waiting = [];
    for (const asked of all) asked.answer(err(failure));
  }
}

const NOBODY_WAITS: PossessionFailure = { code: "aborted", message: "nobody waits for this proof any more" };
const TOO_MANY_WAIT: PossessionFailure = {
  code: "tooManyWaiting",
  message: `${PROOFS_WAITING_MAX} proofs of possession wait already`,
};

function spawnPossessionWorker(): Worker {
  return new Worker(workerUrl(import.meta.url), { execArgv: [], name: "sealwright-possession" });
}

/** A worker cannot run TypeScript, so code that runs from src/ (test runners) takes the worker from dist/. */
function workerUrl(here: string): URL {
  const compiled = here.endsWith(".ts") ? here.replace("/forge/src/", "/forge/dist/") : here;
  return new URL("./possessionWorker.js", compiled);
}
