import { createExecutor } from "../createExecutor.js";
import type { Executor } from "../executor.js";
import { type ExecutorSource, executorSource } from "../host/executorSource.js";
import { ledgerEngine, type LedgerOptions } from "../ledger/ledgerEngine.js";

/** Transfers of these amounts do to their builder what a bug of an engine would. */
export const FATAL_AMOUNT = 666n;
export const ENDLESS_AMOUNT = 667n;

/** The ledger with two bugs: one kind of message ends the worker, another one never ends. */
export function fragileExecutor(options: LedgerOptions): Executor {
  const sound = ledgerEngine(options);
  return createExecutor({
    ...sound,
    execute: (message, ...rest) => {
      const amount = message.type === "transfer" ? message.amount : 0n;
      if (amount === FATAL_AMOUNT) throw new Error("a bug of this engine");
      while (amount === ENDLESS_AMOUNT);
      return sound.execute(message, ...rest);
    },
  });
}

export function fragileExecutorSource(options: LedgerOptions): ExecutorSource {
  return executorSource(import.meta.url, {
    module: "./fragileExecutor.js",
    exportName: "fragileExecutor",
    admittedAtOnce: 32,
    options,
  });
}
