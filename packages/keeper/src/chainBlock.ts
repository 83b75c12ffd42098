import type { BlockFacts } from "@sealwright/consensus";
import type { KeeperId, SealedBlock } from "@sealwright/types";
import type { Failures } from "./failures.js";
import type { Duty } from "./verifying/duty.js";

/** How far a candidate got. Its facts were derived when it was taken, so its header is right; the rest is under way. */
export type CandidateProgress = {
  readonly signatures: "checking" | "valid";
  /**
   * `waiting` for the parent to be applied; `blocked` by another thread's block that is not here yet; refuted before the
   * signatures were found good, so that nobody can be blamed for it yet.
   */
  readonly execution: "waiting" | "running" | "blocked" | "valid" | { readonly refuted: string };
};

/** How far a block came here. */
export type BlockStage =
  | ({ readonly phase: "candidate" } & CandidateProgress)
  /** Signatures good, executed or update applied, root equal: what a vote needs. */
  | { readonly phase: "applied" }
  /** For ever, with everything that builds on it. */
  | { readonly phase: "invalid"; readonly reason: string };

/** A block above the last final one, as this keeper holds it. */
export interface ChainBlock {
  readonly block: SealedBlock;
  readonly facts: BlockFacts;
  /** Who handed it over; null for own blocks and those from the own store. */
  readonly from: KeeperId | null;
  readonly stage: BlockStage;
  readonly duty: Duty;
  /** When it came, monotonic. */
  readonly receivedAtMs: number;
  readonly failures: Failures;
  /** The body is on disk, or a commit that comes before any later one was asked for. */
  readonly stored: boolean;
}
