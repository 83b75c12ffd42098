import type { SignedLock } from "@sealwright/types";
import { isQuorum } from "../certificate.js";
import type { ThreadRules } from "../threadRules.js";

/** Why a Lock counts for nothing, whatever its signature says. */
export type LockFault =
  | "wrongThread"
  | "unknownSigner"
  | "qcNotLower"
  | "qcOfAnotherThread"
  | "qcWithoutQuorum"
  | "foreignAttestation"
  | "attestationNotLower";

/** Checks the shape of a Lock; its signature and its certificate's are checked apart. Null when nothing is wrong. */
export function findLockFault(rules: ThreadRules, lock: SignedLock): LockFault | null {
  const { qc } = lock;
  if (lock.threadId !== rules.threadId) return "wrongThread";
  if (!rules.keepers.has(lock.signer)) return "unknownSigner";
  if (lock.term <= 0n || (qc !== null && qc.attestation.term >= lock.term)) return "qcNotLower";
  if (qc !== null && qc.attestation.threadId !== rules.threadId) return "qcOfAnotherThread";
  if (qc !== null && !isQuorum(rules.keepers, qc)) return "qcWithoutQuorum";
  for (const { attestation, signer } of lock.attestations) {
    if (signer !== lock.signer || attestation.threadId !== rules.threadId) return "foreignAttestation";
    if (attestation.term >= lock.term) return "attestationNotLower";
  }
  return null;
}
