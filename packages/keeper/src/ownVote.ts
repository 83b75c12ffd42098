import { assertNever, type Attestation } from "@sealwright/types";
import type { ForgeOutcome } from "./keeperEvent.js";

/** This keeper's vote on its way: it leaves when its intent is on disk and the forge has signed it, in any order. */
export interface OwnVote {
  readonly attestation: Attestation;
  /** The commit that makes the intent durable; null when it already is. */
  readonly awaitsCommit: number | null;
  readonly forging: Forging;
  /** When it last left, monotonic; null before. */
  readonly sentAtMs: number | null;
}

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
