import type { AggregatedAttestation, Attestation, AttestationTarget, RankedBlock, VoteState } from "@sealwright/types";
import { err, ok, type Result } from "@sealwright/types";
import type { BlockFacts } from "./blockFacts.js";
import { compareRank, GENESIS_RANK } from "./rank.js";

/** Why a BK does not attest a block now. None of these makes the block bad. */
export type NoVote =
  /** V1: not applied, or off the last final block, or a Nack stands on its branch. */
  | { readonly code: "notApplied" }
  | { readonly code: "offFinalChain" }
  /** V2 */
  | { readonly code: "termLeft" }
  /** V3 */
  | { readonly code: "rankNotHigher" }
  | { readonly code: "offVotedChain" }
  | { readonly code: "nackUnresolved" }
  /** V5 */
  | { readonly code: "notVerified" }
  /** §7: others verify it, and they still have time to say that it is bad. */
  | { readonly code: "inVerifyWindow" }
  /** V6 */
  | { readonly code: "fallbackOutsideVotedChain" }
  /** §8: its time lies too far ahead of this node's clock. */
  | { readonly code: "timeAhead" };

/** What the rules need to know of the chain around a block; answered from one snapshot of the keeper's state. */
export interface VoteContext {
  readonly applied: boolean;
  /** This BK executed it and every non-final ancestor with result Valid, or a certificate vouches for them. */
  readonly verified: boolean;
  readonly extendsLastFinal: boolean;
  /** A Nack that counts stands on it or on a non-final ancestor. */
  readonly nackUnresolved: boolean;
  readonly inVerifyWindow: boolean;
  readonly timeAhead: boolean;
  /** Whether the first block is the second one or an ancestor of it. */
  isAncestorOrSelf(ancestor: RankedBlock, block: BlockFacts): boolean;
}

/**
 * Decides a Primary attestation (protocol V1 to V5) and gives the vote state that must be durable before it leaves.
 * V4 was settled when the block was checked: a first block of a term without a valid certificate has no facts.
 */
export function decidePrimaryVote(
  state: VoteState,
  block: BlockFacts,
  context: VoteContext,
): Result<VoteState, NoVote> {
  if (!context.applied) return err({ code: "notApplied" });
  if (!context.extendsLastFinal) return err({ code: "offFinalChain" });
  if (block.term < state.currentTerm) return err({ code: "termLeft" });
  if (compareRank(block, state.lastVoted ?? GENESIS_RANK) <= 0) return err({ code: "rankNotHigher" });
  if (block.term === state.lastVoted?.term && !context.isAncestorOrSelf(state.lastVoted, block)) {
    return err({ code: "offVotedChain" });
  }
  if (!context.verified) return err({ code: "notVerified" });
  if (context.nackUnresolved) return err({ code: "nackUnresolved" });
  if (context.inVerifyWindow) return err({ code: "inVerifyWindow" });
  if (context.timeAhead) return err({ code: "timeAhead" });
  const lastVoted: RankedBlock = { term: block.term, height: block.height, blockId: block.id };
  // A larger term is adopted with the block whose certificate opened it: V4 let no other block in.
  return ok({ ...state, currentTerm: block.term, lastVoted });
}

/**
 * Decides a Fallback attestation: V6, and as for any attestation V1, V2 (as V6 has it) and V5. It changes no vote state.
 * @param voted the block that `state.lastVoted` names
 */
export function decideFallbackVote(
  state: VoteState,
  block: BlockFacts,
  voted: BlockFacts,
  context: VoteContext,
): Result<null, NoVote> {
  if (!context.applied) return err({ code: "notApplied" });
  if (!context.extendsLastFinal) return err({ code: "offFinalChain" });
  const sameTerm = block.term === state.currentTerm && voted.term === state.currentTerm;
  const isVoted = state.lastVoted !== null && state.lastVoted.blockId === voted.id;
  const ranked: RankedBlock = { term: block.term, height: block.height, blockId: block.id };
  if (!sameTerm || !isVoted || !context.isAncestorOrSelf(ranked, voted))
    return err({ code: "fallbackOutsideVotedChain" });
  if (!context.verified) return err({ code: "notVerified" });
  if (context.nackUnresolved) return err({ code: "nackUnresolved" });
  return ok(null);
}

/** highestQC never decreases (protocol §3). */
export function raiseHighestQc(state: VoteState, qc: AggregatedAttestation): VoteState {
  if (state.highestQc !== null && compareRank(qc.attestation, state.highestQc.attestation) <= 0) return state;
  return { ...state, highestQc: qc };
}

/** What a keeper signs when it votes for a block. */
export function attestationOf(block: BlockFacts, target: AttestationTarget): Attestation {
  return {
    threadId: block.threadId,
    term: block.term,
    height: block.height,
    blockId: block.id,
    envelopeHash: block.envelopeHash,
    target,
  };
}
