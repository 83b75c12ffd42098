import { Worker } from "node:worker_threads";
import type { LoadPlan, LoadProgress, LoadResult, LoadWorkerMessage } from "./loadPlan.js";

/** A load that is being sent. */
export interface LoadRun {
  /** The first message leaves about now. */
  readonly started: Promise<void>;
  readonly result: Promise<LoadResult>;
  /** Sends no more; `result` comes when all that was sent has settled. */
  stop(): void;
}

/** Sends a load from a thread of its own. */
export function startLoad(plan: LoadPlan, onProgress: (progress: LoadProgress) => void = () => undefined): LoadRun {
  // Loaders of test runners break workers, so it takes none of this process's flags.
  const worker = new Worker(workerUrl(import.meta.url), { workerData: plan, execArgv: [], name: "sealwright-load" });
  let begin = (): void => undefined;
  const started = new Promise<void>((resolve) => (begin = resolve));
  const result = new Promise<LoadResult>((resolve, reject) => {
    worker.on("message", (message: LoadWorkerMessage) => {
      if (message.type === "started") begin();
      else if (message.type === "progress") onProgress(message.progress);
      else resolve(message.result);
    });
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the load generator ended early, with code ${code}`)));
  });
  void result.then(begin, begin);
  return { started, result, stop: () => worker.postMessage("stop") };
}

/** A worker cannot run TypeScript, so code that runs from src/ takes the worker from dist/. */
function workerUrl(here: string): URL {
  const compiled = here.endsWith(".ts") ? here.replace(/\/src\/load\/[^/]*$/, "/dist/load/") : here;
  return new URL("./loadWorker.js", compiled);
}
