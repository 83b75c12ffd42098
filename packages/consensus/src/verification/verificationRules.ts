import type { Verification } from "./verification.js";
import { verifierCount } from "./verifierCount.js";

/** What a keeper follows of its network's verification. */
export type VerificationRules =
  | { readonly mode: "all" }
  | {
      readonly mode: "lottery";
      /** Average number of verifiers of a block. */
      readonly verifiers: number;
      readonly verifyWindowMs: number;
    };

/** Every keeper executes every block. */
export const ALL_VERIFY: VerificationRules = { mode: "all" };

/** What a genesis setting means for a set of so many keepers. */
export function verificationRules(verification: Verification, keepers: number): VerificationRules {
  if (verification === "all") return ALL_VERIFY;
  const { verifyWindowMs, unsafeVerifiersForTests } = verification.lottery;
  return { mode: "lottery", verifiers: unsafeVerifiersForTests ?? verifierCount(keepers), verifyWindowMs };
}

/** After a refuted Nack the Nacks of its sender hold no vote for this many heights (protocol §7). */
export const WRONG_NACK_HEIGHTS = 10_000n;
