import { err, ok, type Result, type VoteEvidence } from "@sealwright/types";
import type { EvidenceFault } from "./evidenceFault.js";

/** I1: a BK attests one id per (thread, term, height), whatever the target. */
export function checkDoubleAttestation({ votes: [a, b] }: VoteEvidence): Result<void, EvidenceFault> {
  const no = (reason: string): Result<void, EvidenceFault> => err({ code: "noConflict", reason });
  if (a.attestation.threadId !== b.attestation.threadId) return no("different threads");
  if (a.attestation.term !== b.attestation.term) return no("different terms");
  if (a.attestation.height !== b.attestation.height) return no("different heights");
  if (a.attestation.blockId === b.attestation.blockId) return no("the same block");
  return ok(undefined);
}
