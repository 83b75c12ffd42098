import { fileURLToPath } from "node:url";

/**
 * For keepers that share a machine, above all in their first minute, when all their code is new to V8: collecting garbage
 * and compiling on many threads at once only takes processors from the other keepers' blocks, and so does optimizing
 * what has not yet run often (docs/benchmarks.md).
 */
const ENGINE_FLAGS = ["--single-threaded-gc", "--v8-pool-size=1", "--interrupt-budget=500000"] as const;

/** How this installation starts one keeper process of a network on this machine. */
export function nodeCommand(): readonly string[] {
  const bin = fileURLToPath(new URL("../bin/sealwright.js", import.meta.url));
  return [process.execPath, ...ENGINE_FLAGS, bin, "node"];
}
