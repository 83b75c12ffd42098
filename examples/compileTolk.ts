import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Cell } from "@ton/core";
import { runTolkCompiler } from "@ton/tolk-js";

/**
 * The code of a contract.
 * @param folder where its source is, and what that imports
 * @throws with the compiler's message when the source does not compile
 */
export async function compileTolk(folder: string, entrypointFileName: string): Promise<Cell> {
  const result = await runTolkCompiler({
    entrypointFileName,
    fsReadCallback: (path) => readFileSync(join(folder, path), "utf8"),
  });
  if (result.status === "error") throw new Error(`${entrypointFileName}: ${result.message}`);
  return Cell.fromBase64(result.codeBoc64);
}
