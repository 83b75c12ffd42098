import type { Worker } from "node:worker_threads";
import { assert, silentLogger, type Logger } from "@sealwright/types";
import { BLS_ITEMS_MAX } from "../bls/sizes.js";
import { CryptoError } from "./cryptoError.js";
import { compactJob, itemCountOf, type CryptoAnswer, type CryptoJob } from "./cryptoJob.js";
import { CryptoService, type CryptoCallOptions } from "./cryptoService.js";
import type { NumberedAnswer, NumberedJob } from "./runCryptoJobs.js";
import { spawnCryptoWorker, type SpawnCryptoWorker } from "./spawnCryptoWorker.js";

/** How many workers, with which keys, and how much may wait. */
export type CryptoPoolOptions = {
  /** default 1: blst spreads batches over the cores by itself */
  readonly workers?: number;
  /** jobs waiting or running; one more is refused with `queueFull`; default 4,096 */
  readonly jobsMax?: number;
  /** keys and signatures in all these jobs together, since jobs differ in size; default 65,536 */
  readonly itemsMax?: number;
  /** secrets for `sign`, 32 bytes each; kept to hand them to a replacement worker */
  readonly signerKeys?: readonly Uint8Array[];
};

/** How a worker is started, for tests that start another one. */
export type CryptoPoolDependencies = {
  readonly logger?: Logger;
  /** for tests; default: the compiled worker of this package */
  readonly spawn?: SpawnCryptoWorker;
};

const JOBS_MAX_DEFAULT = 4_096;
const ITEMS_MAX_DEFAULT = 4 * BLS_ITEMS_MAX;
const WORKERS_MAX = 64;
/** Bounds how long a signing job waits behind what a worker already has: about 10 ms, or one large job. */
const JOBS_PER_MESSAGE_MAX = 16;
/** A worker that only signs gets its next message when it has this many jobs left, so that it never stands idle. */
const REFILL_AT = 4;
/** Deaths in a row without a single answer until the pool gives up. */
const DEATHS_MAX = 5;

/** One call: `job` is already a copy, made when the call was made. */
type Ticket = {
  readonly id: number;
  readonly job: CryptoJob;
  readonly items: number;
  readonly resolve: (answer: CryptoAnswer) => void;
  readonly reject: (error: CryptoError) => void;
};

type Slot = { worker: Worker; readonly running: Map<number, Ticket> };

type PoolState =
  { readonly phase: "open" } | { readonly phase: "broken"; readonly cause: unknown } | { readonly phase: "closed" };

/**
 * Crypto on worker threads, so the caller's thread stays free. Signing goes ahead of checks that wait; calls of one
 * tick travel in one message. A worker that dies is replaced; only the calls it had at hand are rejected.
 * An idle pool keeps no process alive.
 */
export class CryptoPool extends CryptoService {
  readonly #jobsMax: number;
  readonly #itemsMax: number;
  readonly #signerKeys: readonly Uint8Array[];
  readonly #logger: Logger;
  readonly #spawn: SpawnCryptoWorker;
  readonly #slots: Slot[] = [];
  readonly #toSign = new Set<Ticket>();
  readonly #toCheck = new Set<Ticket>();
  #jobCount = 0;
  #itemCount = 0;
  #state: PoolState = { phase: "open" };
  #nextId = 0;
  #deathsInRow = 0;
  #flushIsDue = false;

  constructor(options: CryptoPoolOptions = {}, dependencies: CryptoPoolDependencies = {}) {
    super();
    const workers = options.workers ?? 1;
    assert(Number.isInteger(workers) && workers >= 1 && workers <= WORKERS_MAX, `1 to ${WORKERS_MAX} crypto workers`);
    this.#jobsMax = options.jobsMax ?? JOBS_MAX_DEFAULT;
    assert(Number.isInteger(this.#jobsMax) && this.#jobsMax >= 1, "a crypto pool takes at least one job");
    this.#itemsMax = options.itemsMax ?? ITEMS_MAX_DEFAULT;
    assert(Number.isInteger(this.#itemsMax) && this.#itemsMax >= 1, "a crypto pool takes at least one item");
    this.#signerKeys = (options.signerKeys ?? []).map((key) => new Uint8Array(key));
    this.#logger = dependencies.logger ?? silentLogger;
    this.#spawn = dependencies.spawn ?? spawnCryptoWorker;
    for (let index = 0; index < workers; index++) this.#slots.push(this.#openSlot());
  }

  /** Jobs waiting or running: what `jobsMax` bounds. */
  get jobCount(): number {
    return this.#jobCount;
  }

  protected override run<J extends CryptoJob>(job: J, options: CryptoCallOptions): Promise<CryptoAnswer<J>> {
    const refusal = this.#refusalOf(job, options.signal);
    if (refusal !== null) return Promise.reject(refusal);
    return new Promise<CryptoAnswer<J>>((resolve, reject) => {
      this.#enqueue(job, resolve as (answer: CryptoAnswer) => void, reject, options.signal);
    });
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.phase === "closed") return;
    this.#state = { phase: "closed" };
    const closed = new CryptoError("closed", "the crypto pool has ended");
    this.#rejectWaiting(closed);
    for (const slot of this.#slots) this.#rejectRunning(slot, closed);
    await Promise.all(this.#slots.map((slot) => slot.worker.terminate()));
  }

  #refusalOf(job: CryptoJob, signal: AbortSignal | undefined): CryptoError | null {
    if (this.#state.phase === "closed") return new CryptoError("closed", "the crypto pool has ended");
    if (this.#state.phase === "broken") return brokenError(this.#state.cause);
    if (signal?.aborted === true) return abortedError(signal);
    const items = itemCountOf(job);
    const itemsPerJobMax = Math.min(BLS_ITEMS_MAX, this.#itemsMax);
    if (items > itemsPerJobMax) return new CryptoError("jobTooLarge", `more than ${itemsPerJobMax} items`);
    if (this.#jobCount >= this.#jobsMax || this.#itemCount + items > this.#itemsMax) {
      return new CryptoError("queueFull", `${this.#jobCount} jobs with ${this.#itemCount} items are waiting`);
    }
    return null;
  }

  #enqueue(
    job: CryptoJob,
    resolve: (answer: CryptoAnswer) => void,
    reject: (error: CryptoError) => void,
    signal: AbortSignal | undefined,
  ): void {
    const queue = job.type === "sign" ? this.#toSign : this.#toCheck;
    const onAbort = (): void => {
      if (queue.delete(ticket)) this.#uncount(ticket);
      if (signal !== undefined) reject(abortedError(signal));
    };
    const ticket: Ticket = {
      id: this.#nextId++,
      job: compactJob(job),
      items: itemCountOf(job),
      resolve: (answer) => {
        signal?.removeEventListener("abort", onAbort);
        resolve(answer);
      },
      reject: (error) => {
        signal?.removeEventListener("abort", onAbort);
        reject(error);
      },
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    queue.add(ticket);
    this.#jobCount++;
    this.#itemCount += ticket.items;
    this.#flushSoon();
  }

  /** For a job that neither waits nor runs any more. */
  #uncount(ticket: Ticket): void {
    this.#jobCount--;
    this.#itemCount -= ticket.items;
  }

  /** Waits for the end of the tick, so that calls made together travel together. */
  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    // Not queueMicrotask: it makes an async resource each time.
    void Promise.resolve().then(() => {
      this.#flushIsDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#state.phase !== "open") return;
    const idle = this.#slots.filter((slot) => slot.running.size === 0);
    for (const [index, slot] of idle.entries()) {
      const waiting = this.#toSign.size + this.#toCheck.size;
      if (waiting === 0) return;
      const share = Math.ceil(waiting / (idle.length - index));
      this.#dispatch(slot, Math.min(share, JOBS_PER_MESSAGE_MAX));
    }
    // Only signing in bulk is handed over early: checks that wait become one batch, cheaper the more there are.
    for (const slot of this.#slots) {
      if (this.#toSign.size < JOBS_PER_MESSAGE_MAX) return;
      if (slot.running.size <= REFILL_AT) this.#dispatch(slot, JOBS_PER_MESSAGE_MAX);
    }
  }

  #dispatch(slot: Slot, count: number): void {
    const jobs: NumberedJob[] = [];
    while (jobs.length < count) {
      const ticket = takeFirst(this.#toSign) ?? takeFirst(this.#toCheck);
      if (ticket === null) break;
      slot.running.set(ticket.id, ticket);
      jobs.push({ id: ticket.id, job: ticket.job });
    }
    slot.worker.ref();
    slot.worker.postMessage(jobs);
  }

  #openSlot(): Slot {
    const slot: Slot = { worker: this.#spawn({ signerKeys: this.#signerKeys }), running: new Map() };
    this.#watch(slot);
    return slot;
  }

  #watch(slot: Slot): void {
    const worker = slot.worker;
    let cause: unknown = null;
    worker.on("message", (answers: readonly NumberedAnswer[]) => this.#onAnswers(slot, answers));
    // "exit" follows every "error": one place replaces the worker
    worker.on("error", (error: unknown) => void (cause = error));
    worker.on("exit", (exitCode) => this.#onExit(slot, cause ?? new Error(`exit code ${exitCode}`)));
    worker.unref();
  }

  #onAnswers(slot: Slot, answers: readonly NumberedAnswer[]): void {
    this.#deathsInRow = 0;
    for (const { id, answer } of answers) {
      const ticket = slot.running.get(id);
      if (ticket === undefined) continue;
      slot.running.delete(id);
      this.#uncount(ticket);
      ticket.resolve(answer);
    }
    if (slot.running.size === 0) slot.worker.unref();
    if (slot.running.size <= REFILL_AT) this.#flushSoon();
  }

  #onExit(slot: Slot, cause: unknown): void {
    if (this.#state.phase !== "open") return;
    this.#deathsInRow++;
    this.#logger.log("error", "cryptoWorkerDied", { jobs: slot.running.size, inRow: this.#deathsInRow, cause });
    this.#rejectRunning(slot, new CryptoError("workerDied", "a crypto worker died with this job on it", { cause }));
    if (this.#deathsInRow >= DEATHS_MAX) return this.#giveUp(cause);
    slot.worker = this.#spawn({ signerKeys: this.#signerKeys });
    this.#watch(slot);
    this.#flushSoon();
  }

  #giveUp(cause: unknown): void {
    this.#state = { phase: "broken", cause };
    this.#rejectWaiting(brokenError(cause));
    for (const slot of this.#slots) {
      this.#rejectRunning(slot, brokenError(cause));
      void slot.worker.terminate();
    }
  }

  #rejectWaiting(error: CryptoError): void {
    for (const queue of [this.#toSign, this.#toCheck]) {
      for (const ticket of queue) {
        this.#uncount(ticket);
        ticket.reject(error);
      }
      queue.clear();
    }
  }

  #rejectRunning(slot: Slot, error: CryptoError): void {
    for (const ticket of slot.running.values()) {
      this.#uncount(ticket);
      ticket.reject(error);
    }
    slot.running.clear();
  }
}

function takeFirst(queue: Set<Ticket>): Ticket | null {
  const first = queue.values().next();
  if (first.done === true) return null;
  queue.delete(first.value);
  return first.value;
}

function abortedError(signal: AbortSignal): CryptoError {
  return new CryptoError("aborted", "the caller stopped waiting", { cause: signal.reason });
}

function brokenError(cause: unknown): CryptoError {
  return new CryptoError("workersBroken", `crypto workers died ${DEATHS_MAX} times without an answer`, { cause });
}
