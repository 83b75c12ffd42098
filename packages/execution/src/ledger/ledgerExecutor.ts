import { createExecutor } from "../createExecutor.js";
import type { Executor } from "../executor.js";
import { type ExecutorSource, executorSource } from "../host/executorSource.js";
import { ledgerEngine, type LedgerOptions } from "./ledgerEngine.js";

/** The first engine: see `ledgerEngine`. */
export function ledgerExecutor(options: LedgerOptions): Executor {
  return createExecutor(ledgerEngine(options));
}

/** The same, for a worker thread to make. */
export function ledgerExecutorSource(options: LedgerOptions): ExecutorSource {
  return executorSource(import.meta.url, {
    module: "./ledgerExecutor.js",
    exportName: "ledgerExecutor",
    admittedAtOnce: 32,
    options,
  });
}
