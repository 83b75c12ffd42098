import { assert } from "@sealwright/types";
import type { BlockPreparer, PreparationFailure } from "../preparation/blockPreparer.js";
import { headerDefect } from "../requests/tezosRequest.js";
import type { Task } from "./task.js";

/** Builds the block of a task that came without one. @returns why there is none; never rejects */
export async function prepareTask(task: Task, preparer: BlockPreparer | null): Promise<PreparationFailure | null> {
  const { request } = task;
  assert(
    request.kind === "tezosBlock" && "prepare" in request.block && preparer !== null,
    "only such blocks are prepared",
  );
  try {
    const prepared = await preparer.prepare(request.block.prepare, request.key, {
      signal: task.signal,
    });
    if (!prepared.ok) return prepared.error;
    const defect = headerDefect(prepared.value.header);
    if (defect !== null) return { message: defect, retryable: false };
    task.prepared = prepared.value;
    return null;
  } catch (cause) {
    return { message: `the block preparer threw: ${String(cause)}`, retryable: false, cause };
  }
}
