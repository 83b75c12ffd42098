import type { Attestation } from "@sealwright/types";

/** This keeper's vote on its way: it leaves when its intent is on disk and the forge has signed it, in any order. */
export interface OwnVote {
  readonly attestation: Attestation;
  /** The commit that makes the intent durable; null when it already is. */
  readonly awaitsCommit: number | null;
  readonly signature: Uint8Array | null;
  /** When it last left, monotonic; null before. */
  readonly sentAtMs: number | null;
}

/** One vote per block and target. */
export function voteKey(attestation: Pick<Attestation, "blockId" | "target">): string {
  return `${attestation.target}:${attestation.blockId}`;
}
