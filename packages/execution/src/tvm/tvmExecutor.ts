import { AssertionError } from "@sealwright/types";
import { createExecutor } from "../createExecutor.js";
import type { Executor } from "../executor.js";
import { type ExecutorSource, executorSource } from "../host/executorSource.js";
import { type CompiledMachine, compiledMachine } from "./compiledMachine.js";
import { TvmEmulator } from "./emulator.js";
import { tvmEngine, type TvmOptions } from "./tvmEngine.js";

/**
 * Each executor has a virtual machine of its own, which takes a moment to make: one per thread, made once.
 * @param code of the machine, compiled; compiled here when left out
 */
export async function tvmExecutor(options: TvmOptions, code?: CompiledMachine): Promise<Executor> {
  return createExecutor(tvmEngine(options, { emulator: await TvmEmulator.create(code) }));
}

/**
 * For a thread that only reads messages and loads states: it has no machine, which takes memory and a moment to make, and
 * must not be asked to execute anything.
 */
export function tvmReader(options: TvmOptions): Executor {
  const refuse = (): never => {
    throw new AssertionError("this executor was made without a virtual machine");
  };
  const emulator = { runTransaction: refuse, tryAtTheDoor: refuse, tryTransaction: refuse, runGetMethod: refuse };
  return createExecutor(tvmEngine(options, { emulator }));
}

/** For `createWorkerExecution`: each worker makes its own executor, of code that is compiled once in this process. */
export function tvmExecutorSource(options: TvmOptions): ExecutorSource {
  return executorSource(import.meta.url, {
    module: "./tvmExecutor.js",
    exportName: "tvmExecutor",
    admittedAtOnce: 2,
    options,
    shared: compiledMachine,
  });
}
