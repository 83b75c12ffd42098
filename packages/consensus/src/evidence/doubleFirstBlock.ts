import { type BlockEvidence, err, ok, type Result } from "@sealwright/types";
import type { EvidenceFault } from "./evidenceFault.js";

/** I2: a term has one first block, at whatever height. */
export function checkDoubleFirstBlock({ claims: [a, b] }: BlockEvidence): Result<void, EvidenceFault> {
  const no = (reason: string): Result<void, EvidenceFault> => err({ code: "noConflict", reason });
  if (a.claim.threadId !== b.claim.threadId) return no("different threads");
  if (a.claim.term !== b.claim.term) return no("different terms");
  if (a.claim.round === 0n || b.claim.round === 0n) return no("not both are first blocks");
  if (a.claim.blockId === b.claim.blockId) return no("the same block");
  return ok(undefined);
}
