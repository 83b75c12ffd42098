import { fileURLToPath } from "node:url";

/**
 * For keepers that share a machine with each other: collecting garbage with helper threads only takes processors from
 * the other keepers, and a code path that runs a few times a second should be compiled well within the first minute.
 */
const ENGINE_FLAGS = ["--single-threaded-gc", "--interrupt-budget=3000"] as const;

/** How this installation starts one keeper process of a network on this machine. */
export function nodeCommand(): readonly string[] {
  const bin = fileURLToPath(new URL("../bin/sealwright.js", import.meta.url));
  return [process.execPath, ...ENGINE_FLAGS, bin, "node"];
}
