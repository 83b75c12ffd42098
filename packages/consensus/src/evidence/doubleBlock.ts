import { type BlockEvidence, err, ok, type Result } from "@sealwright/types";
import type { EvidenceFault } from "./evidenceFault.js";

/** I2: a producer seals one block per (thread, term, height). */
export function checkDoubleBlock({ claims: [a, b] }: BlockEvidence): Result<void, EvidenceFault> {
  const no = (reason: string): Result<void, EvidenceFault> => err({ code: "noConflict", reason });
  if (a.claim.threadId !== b.claim.threadId) return no("different threads");
  if (a.claim.term !== b.claim.term) return no("different terms");
  if (a.claim.height !== b.claim.height) return no("different heights");
  if (a.claim.blockId === b.claim.blockId) return no("the same block");
  return ok(undefined);
}
