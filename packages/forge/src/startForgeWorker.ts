import type { Result } from "@sealwright/types";
import { ForgeWorker } from "./forgeWorker.js";
import type { ForgeWorkerDependencies, ForgeWorkerOptions, StartError } from "./worker/forgeOptions.js";

/**
 * Starts a worker for all keys of the given signers. It holds no queue at first.
 * @returns the worker, or why nothing may be signed yet: two signers for one key, marks that cannot be read, or no
 *   marks for a key that signed before
 */
export function startForgeWorker(
  options: ForgeWorkerOptions,
  dependencies: ForgeWorkerDependencies,
): Promise<Result<ForgeWorker, StartError>> {
  return ForgeWorker.start(options, dependencies);
}
