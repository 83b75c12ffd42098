import { MessageChannel, Worker } from "node:worker_threads";
import type { AccountId, BlockId, Clock, ImportCursor, Logger, StateChange, ThreadId } from "@sealwright/types";
import type { EngineAnswer, EngineQuery, Totals, Trace } from "../executor.js";
import type { Rejection } from "../rejection.js";
import {
  type AccountView,
  type ApplyRequest,
  type BuildCulprit,
  type BuildRequest,
  type BuildTime,
  ExecutionError,
  type StateRef,
  type ThreadExecution,
  type VerifyRequest,
} from "../threadExecution.js";
import { BuildProgress } from "./buildProgress.js";
import { BuildTimer } from "./buildTimer.js";
import { compiledUrl, type ExecutorSource } from "./executorSource.js";
import type { ExecutionWorkerData } from "./executionWorker.js";
import { type ExecutionOptions, STATES_MAX } from "./inlineExecution.js";
import { JobQueue } from "./jobQueue.js";
import { buffersOf, packBytes } from "./packedBytes.js";
import { QuestionStop } from "./questionStop.js";
import { QuestionTimer } from "./questionTimer.js";
import { TraceShelf } from "./traceShelf.js";
import { type NumberedAnswer, ownQuery, packApply, packBuild, packVerify, unpackBlock } from "./workerProtocol.js";

/** As for every execution, and how much may wait. */
export interface WorkerExecutionOptions extends ExecutionOptions {
  /** Jobs that wait for the worker; 2,048 chain jobs and as many admissions of 32 messages unless told otherwise. */
  readonly waitingMax?: number;
}

/** What the worker executes with, and the caller's time and log. */
export interface WorkerExecutionDependencies {
  readonly executor: ExecutorSource;
  readonly clock: Pick<Clock, "nowMs" | "setTimer">;
  readonly logger: Logger;
}

/** Executes in a worker thread of its own, so the caller's thread never waits for a signature or a state root. */
export function createWorkerExecution(
  options: WorkerExecutionOptions,
  dependencies: WorkerExecutionDependencies,
): ThreadExecution {
  return new WorkerExecution(options, dependencies);
}

const WAITING_MAX = 2_048;
/** What contracts make may nest some thousand levels, and the virtual machine follows them by calling itself. */
const STACK_MB = 16;
const LOAD_CHUNK_BYTES = 1024 * 1024;

class WorkerExecution implements ThreadExecution {
  readonly #worker: Worker;
  readonly #queue: JobQueue;
  readonly #admittedAtOnce: number;
  readonly #traces = new TraceShelf();
  readonly #progress = new BuildProgress();
  readonly #questions = new QuestionStop();
  readonly #questionTimer: QuestionTimer;
  #builds = 0;
  readonly #clock: Pick<Clock, "nowMs" | "setTimer">;
  readonly #logger: Logger;
  readonly #listeners: ((error: ExecutionError) => void)[] = [];

  constructor(options: WorkerExecutionOptions, { executor, clock, logger }: WorkerExecutionDependencies) {
    this.#admittedAtOnce = executor.admittedAtOnce;
    this.#clock = clock;
    this.#logger = logger;
    this.#questionTimer = new QuestionTimer({ stop: this.#questions, clock });
    const { threadId, threadsTable, statesMax = STATES_MAX } = options;
    const [progress, questions] = [this.#progress.memory, this.#questions.memory];
    const { shared, ...source } = executor;
    const channel = shared === undefined ? null : new MessageChannel();
    const workerData: ExecutionWorkerData = {
      options: { threadId, threadsTable, statesMax },
      source,
      progress,
      questions,
      shared: channel?.port2 ?? null,
    };
    const url = new URL("./executionWorker.js", compiledUrl(import.meta.url));
    // None of this process's Node flags: loaders of test runners break a worker.
    const worker = new Worker(url, {
      workerData,
      transferList: channel === null ? [] : [channel.port2],
      execArgv: [],
      name: `sealwright-execution-${threadId.slice(0, 4)}`,
      resourceLimits: { stackSizeMb: STACK_MB },
    });
    this.#worker = worker;
    shared?.().then(
      (value) => channel?.port1.postMessage(value),
      (cause: unknown) => {
        this.#ended("what the execution workers share could not be made", cause);
        this.#terminate();
      },
    );
    this.#queue = new JobQueue({
      waitingMax: options.waitingMax ?? WAITING_MAX,
      send: (job, moved) => {
        if (job.job.type === "query") this.#questionTimer.begins(job.number);
        worker.postMessage(job, moved);
      },
    });
    worker.on("message", (answer: NumberedAnswer) => {
      // A question is sent when nothing else is under way, so the first answer after it is its own.
      this.#questionTimer.ends();
      this.#queue.answered(answer);
    });
    worker.on("error", (cause) => this.#ended("the execution worker failed", cause));
    worker.on("exit", (code) => this.#ended(`the execution worker ended with code ${code}`, undefined));
  }

  async load(
    entries: AsyncIterable<StateChange> | Iterable<StateChange>,
    atBlock: BlockId,
  ): Promise<{ stateRoot: Uint8Array }> {
    await this.#queue.push({ type: "beginLoad" });
    let chunk: StateChange[] = [];
    let chunkBytes = 0;
    for await (const entry of entries) {
      chunk.push(entry);
      chunkBytes += entry.key.length + (entry.value?.length ?? 0);
      if (chunkBytes < LOAD_CHUNK_BYTES) continue;
      await this.#addEntries(chunk);
      chunk = [];
      chunkBytes = 0;
    }
    await this.#addEntries(chunk);
    return this.#queue.push({ type: "finishLoad", atBlock });
  }

  async admit(messages: readonly Uint8Array[]): Promise<readonly (Rejection | null)[]> {
    const results: (Rejection | null)[] = messages.map(() => null);
    const chunks: Promise<void>[] = [];
    const atOnce = this.#admittedAtOnce;
    for (let from = 0; from < messages.length; from += atOnce) {
      chunks.push(this.#admitChunk(messages.slice(from, from + atOnce), (i, refused) => (results[from + i] = refused)));
    }
    await Promise.all(chunks);
    return results;
  }

  async build(request: BuildRequest): ReturnType<ThreadExecution["build"]> {
    const packed = packBuild(request);
    const number = ++this.#builds;
    const timer = request.time === undefined ? null : this.#timeOf(number, request.time);
    const answer = this.#queue.push({ type: "build", number, request: packed.request }, packed.moved);
    const built = await answer.finally(() => timer?.cancel());
    if (!built.ok) return built;
    const { traces, ...block } = built.value;
    this.#traces.addBuild(block.ref.build, traces);
    return { ok: true, value: unpackBlock(block, request.messages) };
  }

  bind(ref: { readonly build: number }, blockId: BlockId): void {
    this.#traces.bind(ref.build, blockId);
    this.#tell(this.#queue.push({ type: "bind", build: ref.build, blockId }));
  }

  async verify(request: VerifyRequest): ReturnType<ThreadExecution["verify"]> {
    const packed = packVerify(request);
    const verified = await this.#queue.push({ type: "verify", request: packed.request }, packed.moved);
    if (!verified.ok) return verified;
    const { traces, ...value } = verified.value;
    this.#traces.addBlock(request.blockId, traces);
    return { ok: true, value };
  }

  applyUpdate(request: ApplyRequest): ReturnType<ThreadExecution["applyUpdate"]> {
    return this.#queue.push({ type: "applyUpdate", request: packApply(request) });
  }

  async finalize(blockId: BlockId): Promise<void> {
    await this.#queue.push({ type: "finalize", blockId });
  }

  release(refs: readonly StateRef[]): void {
    this.#tell(this.#queue.push({ type: "release", refs }));
  }

  holds(ref: StateRef): Promise<boolean> {
    return this.#queue.push({ type: "holds", ref });
  }

  account(id: AccountId, at?: BlockId): Promise<AccountView> {
    return this.#queue.push({ type: "account", id, at });
  }

  totals(at?: BlockId): Promise<Totals> {
    return this.#queue.push({ type: "totals", at });
  }

  takeTraces(at: BlockId): readonly Trace[] {
    return this.#traces.take(at);
  }

  query(query: EngineQuery, at?: BlockId): Promise<EngineAnswer> {
    return this.#queue.push({ type: "query", query: ownQuery(query), at, nowMs: this.#clock.nowMs() });
  }

  cursors(at: StateRef, sources: readonly ThreadId[]): Promise<readonly ImportCursor[]> {
    return this.#queue.push({ type: "cursors", at, sources });
  }

  onLost(): void {
    // A worker that dies takes everything with it: `onDied` says so.
  }

  onDied(listener: (error: ExecutionError) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#queue.end(new ExecutionError("closed", "this execution was closed"));
    this.#questionTimer.ends();
    await this.#worker.terminate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #addEntries(entries: readonly StateChange[]): Promise<void> {
    if (entries.some(({ value }) => value === null))
      throw new ExecutionError("badEntries", "a whole state has no deletions");
    const keys = packBytes(entries.map(({ key }) => key));
    const values = packBytes(entries.map(({ value }) => value ?? new Uint8Array(0)));
    await this.#queue.push({ type: "addEntries", keys, values }, [...buffersOf(keys), ...buffersOf(values)]);
  }

  async #admitChunk(
    messages: readonly Uint8Array[],
    refuse: (index: number, rejection: Rejection) => void,
  ): Promise<void> {
    const packed = packBytes(messages);
    const refused = await this.#queue.push(
      { type: "admit", messages: packed, nowMs: this.#clock.nowMs() },
      buffersOf(packed),
    );
    for (const [index, rejection] of refused) refuse(index, rejection);
  }

  #timeOf(number: number, time: BuildTime): BuildTimer {
    const tooLong = (index: number): void => {
      this.#died(`a message ran for more than ${time.messageMs} ms`, { culprit: { index, cause: "tooLong" } });
      this.#terminate();
    };
    return new BuildTimer(number, time, { progress: this.#progress, clock: this.#clock, tooLong });
  }

  /** A failure here fails every later call in the same way, so the log is enough; who closed it asks for nothing more. */
  #tell(done: Promise<null>): void {
    done.catch((error: unknown) => {
      if (error instanceof ExecutionError && error.code === "closed") return;
      this.#logger.log("warn", "execution.tellFailed", { error });
    });
  }

  #terminate(): void {
    this.#worker.terminate().catch((error: unknown) => this.#logger.log("warn", "execution.endFailed", { error }));
  }

  #ended(message: string, cause: unknown): void {
    const { index } = this.#progress;
    this.#died(message, { cause, culprit: index === null ? null : { index, cause: "died" } });
  }

  #died(message: string, why: { readonly cause?: unknown; readonly culprit: BuildCulprit | null }): void {
    const error = new ExecutionError("died", message, why);
    this.#questionTimer.ends();
    if (!this.#queue.end(error)) return;
    for (const listener of this.#listeners) listener(error);
  }
}
