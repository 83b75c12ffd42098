import { Worker } from "node:worker_threads";

/** What a worker is given at its start. */
export type CryptoWorkerData = { readonly signerKeys: readonly Uint8Array[] };

/** Starts one worker thread. */
export type SpawnCryptoWorker = (data: CryptoWorkerData) => Worker;

/** Starts the compiled worker. It takes none of this process's Node flags: loaders of test runners break it. */
export function spawnCryptoWorker(data: CryptoWorkerData): Worker {
  return new Worker(workerUrl(import.meta.url), { workerData: data, execArgv: [], name: "sealwright-crypto" });
}

/** A worker cannot run TypeScript, so code that runs from src/ (test runners) takes the worker from dist/. */
function workerUrl(here: string): URL {
  const compiled = here.endsWith(".ts") ? here.replace(/\/src\/pool\/[^/]*$/, "/dist/pool/") : here;
  return new URL("./cryptoWorker.js", compiled);
}
