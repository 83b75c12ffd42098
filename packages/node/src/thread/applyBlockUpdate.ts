import { ExecutionError, type ThreadExecution } from "@sealwright/execution";
import type { ExecutionOutcome } from "@sealwright/keeper";
import type { Logger, SealedBlock } from "@sealwright/types";
import { blockContextOf } from "./blockContext.js";
import type { ThreadOptions } from "./threadOptions.js";

/** Takes the update of a block that others verify. An update that does not lead to the block's root refutes it. */
export async function applyBlockUpdate(
  { threadsTable }: ThreadOptions,
  { execution, logger }: { readonly execution: ThreadExecution; readonly logger: Logger },
  { header, body, id }: SealedBlock,
): Promise<ExecutionOutcome> {
  try {
    const result = await execution.applyUpdate({
      blockId: id,
      parentId: header.parentId,
      context: blockContextOf(header, threadsTable),
      stateUpdate: body.stateUpdate,
      stateRoot: header.stateRoot,
    });
    return result.ok ? { type: "valid" } : { type: "refuted", reason: JSON.stringify(result.error) };
  } catch (error) {
    if (!(error instanceof ExecutionError)) throw error;
    logger.log("warn", "execution.failed", { thread: header.threadId, block: id, reason: error.code });
    return { type: "failed" };
  }
}
