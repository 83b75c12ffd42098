import {
  attestationOf,
  compareRank,
  countSigners,
  decideFallbackVote,
  decidePrimaryVote,
  producerOf,
  type VoteContext,
} from "@sealwright/consensus";
import { primaryDeadline } from "@sealwright/consensus";
import type { Attestation, BlockId, SealedBlock, VoteState } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import { chainTo, isAncestorOrSelf, isCertified } from "./chainView.js";
import type { KeeperDraft } from "./keeperDraft.js";
import { type OwnVote, voteKey } from "./ownVote.js";
import { isInVerifyWindow, isNackedBranch } from "./verifying/mayAttest.js";

/** Votes for every applied block that the rules allow, lowest first, then for ancestors that need a Fallback. */
export function castVotes(draft: KeeperDraft): void {
  if (draft.state.config.signer === null || draft.state.halted !== null) return;
  const candidates = [...draft.state.blocks.values()]
    .filter((held) => held.stage.phase === "applied" && mayStillMatter(draft, held))
    .sort((a, b) => compareRank(a.facts, b.facts));
  for (const held of candidates) castPrimary(draft, held);
  resumeLastVote(draft);
  castFallbacks(draft);
}

/** A vote below the last one is never given, and one for a certified block changes nothing. */
function mayStillMatter(draft: KeeperDraft, held: ChainBlock): boolean {
  const { lastVoted } = draft.state.vote;
  if (lastVoted !== null && compareRank(held.facts, lastVoted) <= 0) return false;
  return !isCertified(draft.state, held.facts);
}

function castPrimary(draft: KeeperDraft, held: ChainBlock): void {
  if (held.facts.term === draft.state.barredTerm) return;
  const decision = decidePrimaryVote(draft.state.vote, held.facts, contextFor(draft, held));
  if (!decision.ok) return;
  const attestation = attestationOf(held.facts, "primary");
  const commit = commitVote(draft, held, decision.value);
  askWhenDurable(draft, attestation, commit);
}

function contextFor(draft: KeeperDraft, held: ChainBlock): VoteContext {
  const { state } = draft;
  const applied = held.stage.phase === "applied";
  return {
    applied,
    // To be applied a block was executed by whoever had to, and its parent before it.
    verified: applied,
    nackUnresolved: isNackedBranch(state, held.facts),
    inVerifyWindow: isInVerifyWindow(state, held.facts, draft.atMs),
    extendsLastFinal: chainTo(state, held.facts.id) !== null,
    timeAhead: held.facts.timeMs > draft.unixMs + state.config.timeAheadMaxMs,
    isAncestorOrSelf: (ancestor, block) => isAncestorOrSelf(state, ancestor, block),
  };
}

/** The intent and the bodies that the vote vouches for go to disk before the vote may leave (protocol §9). */
function commitVote(draft: KeeperDraft, held: ChainBlock, vote: VoteState): number {
  const bodies: SealedBlock[] = [];
  for (const ancestor of chainTo(draft.state, held.facts.id) ?? []) {
    if (ancestor.stored) continue;
    bodies.push(ancestor.block);
    draft.putBlock({ ...ancestor, stored: true });
  }
  draft.set({ vote });
  return emitCommit(draft, bodies);
}

/**
 * An own block is stored with its signature even when it gets no vote from here: the next one is recorded only after
 * that, so a restart finds at most one block that was recorded and not signed.
 */
export function storeOwnBody(draft: KeeperDraft, id: BlockId): void {
  const held = draft.state.blocks.get(id);
  if (held === undefined || held.stored) return;
  draft.putBlock({ ...held, stored: true });
  emitCommit(draft, [held.block]);
}

/** @returns the number of a commit that makes the present vote state durable, with these bodies */
export function emitCommit(draft: KeeperDraft, blocks: readonly SealedBlock[]): number {
  const { nextCommit: commit, vote } = draft.state;
  const underWay = { commit, highestQc: vote.highestQc };
  draft.set({ nextCommit: commit + 1, commits: [...draft.state.commits, underWay] });
  draft.emit({ type: "commit", commit, blocks, vote });
  return commit;
}

/** After a restart the last vote is durable but its signature is gone: the forge gives the same one again. */
function resumeLastVote(draft: KeeperDraft): void {
  const { lastVoted } = draft.state.vote;
  if (lastVoted === null) return;
  const held = draft.state.blocks.get(lastVoted.blockId);
  if (held === undefined || held.stage.phase !== "applied" || isCertified(draft.state, held.facts)) return;
  const attestation = attestationOf(held.facts, "primary");
  if (draft.state.votes.has(voteKey(attestation))) return;
  askForVote(draft, attestation);
}

/** An ancestor that passed its first deadline with a majority but without a quorum needs Fallback votes (V6). */
function castFallbacks(draft: KeeperDraft): void {
  const { lastVoted } = draft.state.vote;
  const voted = lastVoted === null ? undefined : draft.state.blocks.get(lastVoted.blockId);
  if (voted === undefined) return;
  for (const pending of voted.facts.pending) {
    const distance = Number(voted.facts.height - pending.height);
    const isPast =
      distance >= primaryDeadline(pending.beta) &&
      countSigners(pending.voters) >= draft.state.config.rules.keepers.majority;
    const held = draft.state.blocks.get(pending.id);
    if (!isPast || held === undefined || isCertified(draft.state, held.facts)) continue;
    const attestation = attestationOf(held.facts, "fallback");
    if (draft.state.votes.has(voteKey(attestation))) continue;
    if (!decideFallbackVote(draft.state.vote, held.facts, voted.facts, contextFor(draft, held)).ok) continue;
    // It is allowed only on top of the last vote, so that one must be on disk first.
    askWhenDurable(draft, attestation, draft.state.nextCommit - 1);
  }
}

/** Puts a vote on its way: the forge is asked for it when `commit` is on disk. */
function askWhenDurable(draft: KeeperDraft, attestation: Attestation, commit: number): void {
  if (commit <= draft.state.committed) return askForVote(draft, attestation);
  const forging = { type: "persisting", commit } as const;
  draft.putVote(voteKey(attestation), { attestation, forging, sentAtMs: null });
}

function askForVote(draft: KeeperDraft, attestation: Attestation): void {
  draft.putVote(voteKey(attestation), { attestation, forging: { type: "asked" }, sentAtMs: null });
  draft.emit({ type: "forgeVote", attestation, highestQc: draft.state.durableQc });
}

export function onVotesCommitted(draft: KeeperDraft, commit: number): void {
  for (const { attestation, forging } of draft.state.votes.values()) {
    if (forging.type === "persisting" && forging.commit <= commit) askForVote(draft, attestation);
  }
}

/** A vote that the forge failed to sign is asked for again while it matters. */
export function forgeAgain(draft: KeeperDraft): void {
  for (const vote of draft.state.votes.values()) {
    const { forging, attestation } = vote;
    if (forging.type !== "failed" || draft.atMs - forging.atMs < draft.state.config.voteResendMs) continue;
    if (!isSettled(draft, attestation)) askForVote(draft, attestation);
  }
}

/** Sends every vote that is signed, and again those that stay unsettled. */
export function sendVotes(draft: KeeperDraft, options: { readonly again: boolean }): void {
  const { signer, rules, voteResendMs } = draft.state.config;
  if (signer === null || draft.state.halted !== null) return;
  for (const [key, vote] of draft.state.votes) {
    if (vote.forging.type !== "signed") continue;
    const { signature } = vote.forging;
    const isDue = vote.sentAtMs === null || options.again || draft.atMs - vote.sentAtMs >= voteResendMs;
    if (!isDue || isSettled(draft, vote.attestation)) continue;
    // A vote of a term that was left goes with the Lock; its collector has nothing to seal any more.
    if (vote.attestation.term < draft.state.vote.currentTerm) continue;
    const to = producerOf(rules.seed, vote.attestation.term, rules.keepers);
    draft.emit({ type: "sendVote", to, vote: { attestation: vote.attestation, signer, signature } });
    if (vote.sentAtMs === null)
      draft.emit({ type: "notify", notice: { type: "attested", blockId: vote.attestation.blockId } });
    draft.putVote(key, { ...vote, sentAtMs: draft.atMs } satisfies OwnVote);
  }
}

function isSettled(draft: KeeperDraft, attestation: Attestation): boolean {
  const held = draft.state.blocks.get(attestation.blockId);
  return held === undefined || held.stage.phase === "invalid" || isCertified(draft.state, held.facts);
}
