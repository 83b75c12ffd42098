import { fileURLToPath } from "node:url";

/** For keepers that share a machine: collecting garbage with helper threads only takes processors from the others. */
const ENGINE_FLAGS = ["--single-threaded-gc"] as const;

/** How this installation starts one keeper process of a network on this machine. */
export function nodeCommand(): readonly string[] {
  const bin = fileURLToPath(new URL("../bin/sealwright.js", import.meta.url));
  return [process.execPath, ...ENGINE_FLAGS, bin, "node"];
}
