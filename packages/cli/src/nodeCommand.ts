import { fileURLToPath } from "node:url";

/** How this installation starts one keeper process. */
export function nodeCommand(): readonly string[] {
  const bin = fileURLToPath(new URL("../bin/sealwright.js", import.meta.url));
  return [process.execPath, bin, "node"];
}
