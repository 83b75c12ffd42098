import { parentPort, workerData } from "node:worker_threads";
import type { LoadPlan, LoadWorkerMessage } from "./loadPlan.js";
import { LoadRunner } from "./loadRunner.js";

const PROGRESS_MS = 1_000;

/** The load generator's own thread: what else its process does cannot delay its clock. */
const port = parentPort;
if (port !== null) {
  const tell = (message: LoadWorkerMessage): void => port.postMessage(message);
  const stop = new AbortController();
  const runner = new LoadRunner(workerData as LoadPlan, {
    onStarted: () => tell({ type: "started" }),
    stop: stop.signal,
  });
  port.on("message", () => stop.abort());
  const timer = setInterval(() => tell({ type: "progress", progress: runner.progress() }), PROGRESS_MS);
  const result = await runner.run();
  clearInterval(timer);
  tell({ type: "done", result });
  port.close();
}
