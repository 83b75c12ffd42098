import { assertNever, type Attestation } from "@sealwright/types";
import type { ForgeOutcome } from "./keeperEvent.js";

/** This keeper's vote on its way: its intent goes to disk, then the forge signs it, then it leaves. */
export interface OwnVote {
  readonly attestation: Attestation;
  readonly forging: PromiseForging;
  /** When it last left, monotonic; null before. */
  readonly sentAtMs: number | null;
}

/**
 * Of what promises something about this keeper's certificates. The forge records the highest one before it signs, and
 * refuses a lower one for ever: so the certificate itself is on disk before the forge hears of it, or a crash between the
 * two would leave a key that can never promise anything again.
 */
export type PromiseForging =
  /** The forge is asked when this commit is durable. */
  { readonly type: "persisting"; readonly commit: number } | Forging;

export type Forging =
  | { readonly type: "asked" }
  | { readonly type: "signed"; readonly signature: Uint8Array }
  /** For good: the key may not sign this. */
  | { readonly type: "refused" }
  /** Asked again later. */
  | { readonly type: "failed"; readonly atMs: number };

/** What the forge's answer makes of a request. */
export function forgingAfter(outcome: ForgeOutcome, atMs: number): Forging {
  switch (outcome.type) {
    case "signed":
      return { type: "signed", signature: outcome.signature };
    case "refused":
      return { type: "refused" };
    case "failed":
      return { type: "failed", atMs };
    default:
      return assertNever(outcome);
  }
}

/** One vote per block and target. */
export function voteKey(attestation: Pick<Attestation, "blockId" | "target">): string {
  return `${attestation.target}:${attestation.blockId}`;
}
