/** The worker thread's side of `createWorkerExecution`: one job after the other, in the order they were sent. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { assert } from "@sealwright/types";
import type { Executor } from "../executor.js";
import { ExecutionError } from "../threadExecution.js";
import { BuildProgress } from "./buildProgress.js";
import { type CoreOptions, ExecutionCore } from "./executionCore.js";
import type { ExecutorSource } from "./executorSource.js";
import { QuestionStop } from "./questionStop.js";
import { runJob, type SharedMemory } from "./runJob.js";
import type { NumberedAnswer, NumberedJob } from "./workerProtocol.js";

export interface ExecutionWorkerData {
  readonly options: CoreOptions;
  readonly source: Omit<ExecutorSource, "shared">;
  /** Brings what the workers share, in one message; null: they share nothing. */
  readonly shared: MessagePort | null;
  /** Of a `BuildProgress`. */
  readonly progress: SharedArrayBuffer;
  /** Of a `QuestionStop`. */
  readonly questions: SharedArrayBuffer;
}

const port = parentPort;
assert(port !== null, "executionWorker.js runs as a worker thread only");
const { options, source, progress, questions, shared } = workerData as ExecutionWorkerData;
const module = (await import(source.module)) as Record<
  string,
  ((options: unknown, shared: unknown) => Executor | Promise<Executor>) | undefined
>;
const create = module[source.exportName];
assert(create !== undefined, `${source.module} exports no ${source.exportName}`);
const memory: SharedMemory = { progress: new BuildProgress(progress), questions: new QuestionStop(questions) };
const core = new ExecutionCore(options, await create(source.options, await sharedValue()));

port.on("message", (job: NumberedJob) => port.postMessage(answer(job)));

async function sharedValue(): Promise<unknown> {
  if (shared === null) return undefined;
  const value = await new Promise<unknown>((resolve) => shared.once("message", resolve));
  shared.close();
  return value;
}

/** Anything but an `ExecutionError` is a bug of ours: it ends the worker, and the caller is told. */
function answer(job: NumberedJob): NumberedAnswer {
  const { number } = job;
  try {
    return { number, value: runJob(core, job, memory) };
  } catch (error) {
    if (error instanceof ExecutionError) return { number, error: { code: error.code, message: error.message } };
    throw error;
  }
}
