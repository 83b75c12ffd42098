import { formatText } from "@sealwright/tezos";
import { assert } from "@sealwright/types";
import type { BlockPreparer, PreparationFailure, PreparedBlock } from "../preparation/blockPreparer.js";
import { unaskedHeaderDefect } from "../requests/blockToBake.js";
import { headerDefect, type TezosRequest } from "../requests/tezosRequest.js";
import type { Task } from "./task.js";

/** Builds the block of a task that came without one. @returns why there is none; never rejects */
export async function prepareTask(task: Task, preparer: BlockPreparer | null): Promise<PreparationFailure | null> {
  const { request } = task;
  assert(
    request.kind === "tezosBlock" && "prepare" in request.block && preparer !== null,
    "only such blocks are prepared",
  );
  try {
    const { prepare } = request.block;
    const prepared = await preparer.prepare(prepare, request.key, { chainId: request.chainId, signal: task.signal });
    if (!prepared.ok) return prepared.error;
    const { header } = prepared.value;
    const defect = headerDefect(header) ?? otherChain(request, prepared.value) ?? unaskedHeaderDefect(prepare, header);
    if (defect !== null) return { message: defect, retryable: false };
    task.prepared = prepared.value;
    return null;
  } catch (cause) {
    return { message: `the block preparer threw: ${String(cause)}`, retryable: false, cause };
  }
}

function otherChain({ chainId }: TezosRequest, prepared: PreparedBlock): string | null {
  const [got, asked] = [formatText("chainId", prepared.chainId), formatText("chainId", chainId)];
  return got === asked ? null : `the block was prepared for chain ${got} instead of ${asked}`;
}
