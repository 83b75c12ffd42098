import { type BlockHeader, type BlockId, blockIdOf, err, ok, type Result } from "@sealwright/types";
import type { EvidenceFault } from "./evidenceFault.js";

/** Whether headers, ascending, are one chain without gaps, and between which blocks. */
export function checkHeaderChain(
  headers: readonly BlockHeader[],
): Result<{ readonly firstId: BlockId; readonly lastId: BlockId }, EvidenceFault> {
  const ids = headers.map(blockIdOf);
  const fault = findFault(headers, ids);
  if (fault !== null) return err({ code: "brokenChain", reason: fault });
  return ok({ firstId: ids[0]!, lastId: ids[ids.length - 1]! });
}

function findFault(headers: readonly BlockHeader[], ids: readonly string[]): string | null {
  if (headers.length === 0) return "there are no headers";
  for (let i = 1; i < headers.length; i++) {
    if (headers[i]!.parentId !== ids[i - 1]) return `header ${i} is no child of the one before it`;
    if (headers[i]!.height !== headers[i - 1]!.height + 1n) return `header ${i} has another height`;
  }
  return null;
}
