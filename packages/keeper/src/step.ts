import {
  assert,
  assertNever,
  type BlockId,
  type Height,
  type KeeperId,
  type SignerIndex,
  type ThreadStatus,
} from "@sealwright/types";
import { compareRank } from "@sealwright/consensus";
import { castVotes, forgeAgain, onVotesCommitted, sendVotes } from "./castVotes.js";
import { KeeperDraft } from "./keeperDraft.js";
import type { KeeperEffect } from "./keeperEffect.js";
import type { ExecutionOutcome, ForgeOutcome, KeeperEvent } from "./keeperEvent.js";
import type { KeeperState } from "./keeperState.js";
import { noteCertificate } from "./noteCertificate.js";
import { forgingAfter, voteKey } from "./ownVote.js";
import { isParkedOnHeld, parentOf, parkedRoots, peerOf } from "./parkedBlocks.js";
import { requestMissing } from "./requestMissing.js";
import { answerWhoLacks, showStatus } from "./showStatus.js";
import { startExecution } from "./startExecution.js";
import { collectLocks, onCompleted, onLocksAggregated } from "./switching/collectLocks.js";
import { lockIfDue, onLockCommitted, onLockForged, renewLock, resumeLock, sendLock } from "./switching/ownLock.js";
import { takeLock, takeSuspect } from "./switching/takeWish.js";
import { heedYield, sendYield, takeYield, yieldTerm } from "./switching/yielding.js";
import {
  greet,
  noteCensorship,
  noteFault,
  noteProgress,
  noteTerm,
  suspectAgain,
  watchProgress,
} from "./switching/watchProgress.js";
import { onExecuted, onFailed, onRefuted, onSignaturesChecked, takeCandidate } from "./takeCandidate.js";
import { distrust } from "./verifying/distrust.js";
import { onTicketDrawn } from "./verifying/drawTicket.js";
import { onNackForged, sendNacks } from "./verifying/ownNack.js";
import { onRechecked, recheckAgain } from "./verifying/recheck.js";
import { fetchAgain, takeNack } from "./verifying/takeNack.js";

/** The state afterwards, and what is to be done, in order. */
export interface KeeperStep {
  readonly state: KeeperState;
  readonly effects: readonly KeeperEffect[];
}

/** Pure and total: the same state and event give the same step on every machine. */
export function step(state: KeeperState, event: KeeperEvent): KeeperStep {
  const draft = new KeeperDraft(state, event.atMs, event.unixMs);
  apply(draft, event);
  followSwitch(draft, state);
  return { state: draft.state, effects: draft.effects };
}

/** What moved the last final block or the current term also moved what is known of leaving that term. */
function followSwitch(draft: KeeperDraft, before: KeeperState): void {
  if (draft.state.final !== before.final) noteProgress(draft);
  if (draft.state.vote.currentTerm !== before.vote.currentTerm) {
    noteTerm(draft);
    heedYield(draft);
  }
  if (draft.state.switching.ownLock === null) return;
  renewLock(draft);
  collectLocks(draft);
}

function apply(draft: KeeperDraft, event: KeeperEvent): void {
  switch (event.type) {
    case "candidate":
      return takeCandidate(draft, event.block, event.origin);
    case "signaturesChecked":
      return onSignaturesChecked(draft, event.blockId, event.valid);
    case "executed":
      return onExecution(draft, event.blockId, event.outcome);
    case "ticketDrawn":
      return onTicketDrawn(draft, event.blockId, event.outcome);
    case "updateApplied":
      return onApplication(draft, event.blockId, event.outcome);
    case "nackVerified":
      return takeNack(draft, event.nack);
    case "nackForged":
      return onNackForged(draft, event.blockId, event.outcome);
    case "wrongNackProved":
      return onWrongNack(draft, event.signer, event.height);
    case "verifyWindowOver":
      return castVotes(draft);
    case "certificateVerified":
      return onCertificate(draft, event.certificate, event.from);
    case "committed":
      return onCommitted(draft, event.commit);
    case "voteForged":
      return onVoteForged(draft, voteKey(event.attestation), event.outcome);
    case "peerConnected":
      return onPeerConnected(draft, event.peer);
    case "suspectReceived":
      return takeSuspect(draft, event.peer, event.term);
    case "lockReceived":
      return takeLock(draft, event.peer, event.lock);
    case "yieldReceived":
      return takeYield(draft, event.peer, event.term);
    case "yield":
      return yieldTerm(draft);
    case "lockForged":
      return onLockForged(draft, event.term, event.outcome);
    case "locksAggregated":
      return onLocksAggregated(draft, event.term, event.signature, event.bad);
    case "certificateCompleted":
      return onCompleted(draft, event.blockId, event.certificate);
    case "statusReceived":
      return onStatus(draft, event.peer, event.status);
    case "otherThreadFinal":
      return retryBlocked(draft);
    case "producerFault":
      return noteFault(draft, event.term, event.fault);
    case "censored":
      return noteCensorship(draft, event.term);
    case "tick":
      return onTick(draft);
    default:
      return assertNever(event);
  }
}

function onPeerConnected(draft: KeeperDraft, peer: KeeperId): void {
  showStatus(draft, peer);
  sendVotes(draft, { again: true });
  greet(draft, peer);
  suspectAgain(draft, peer);
  sendLock(draft, peer);
  sendYield(draft, peer);
  sendNacks(draft, peer);
}

function onExecution(draft: KeeperDraft, blockId: BlockId, outcome: ExecutionOutcome): void {
  if (onRechecked(draft, blockId, outcome)) return;
  onApplication(draft, blockId, outcome);
}

function onApplication(draft: KeeperDraft, blockId: BlockId, outcome: ExecutionOutcome): void {
  switch (outcome.type) {
    case "valid":
      return onExecuted(draft, blockId, "valid");
    case "refuted":
      return onRefuted(draft, blockId, outcome.reason);
    case "missingRef":
      // Looked at again with the next tick, or when another thread moves on.
      return onExecuted(draft, blockId, "blocked");
    case "failed":
      return onFailed(draft, blockId);
    default:
      return assertNever(outcome);
  }
}

function onCertificate(
  draft: KeeperDraft,
  certificate: Parameters<typeof noteCertificate>[1],
  from: KeeperId | null,
): void {
  noteCertificate(draft, certificate);
  const { blockId, height } = certificate.attestation;
  if (from !== null && height > draft.state.final.height && !draft.state.blocks.has(blockId))
    requestMissing(draft, from, { id: blockId, height });
}

function onCommitted(draft: KeeperDraft, commit: number): void {
  if (commit <= draft.state.committed) return;
  const { commits } = draft.state;
  const last = commits.findLast((each) => each.commit <= commit);
  assert(last !== undefined, "what was committed was under way");
  draft.set({
    committed: commit,
    commits: commits.filter((each) => each.commit > commit),
    durableQc: last.highestQc,
  });
  onVotesCommitted(draft, commit);
  onLockCommitted(draft, commit);
}

function onVoteForged(draft: KeeperDraft, key: string, outcome: ForgeOutcome): void {
  const vote = draft.state.votes.get(key);
  if (vote?.forging.type !== "asked") return;
  draft.putVote(key, { ...vote, forging: forgingAfter(outcome, draft.atMs) });
  sendVotes(draft, { again: false });
}

/** A peer that is ahead, or that has applied a block that is not here, is asked for the chain up to it. */
function onStatus(draft: KeeperDraft, peer: KeeperId, status: ThreadStatus): void {
  const { final, vote } = draft.state;
  const theirs = status.highestQc;
  const hasHigherQc =
    theirs !== null && (vote.highestQc === null || compareRank(theirs.attestation, vote.highestQc.attestation) > 0);
  const { tip } = status;
  // What is parked for want of an ancestor does not count: its sender may be gone, and this peer has the whole chain.
  const isOnItsWay = draft.state.blocks.has(tip.blockId) || isParkedOnHeld(draft.state, tip.blockId);
  const lacksTip = tip.height > final.height && !isOnItsWay;
  if (lacksTip) return requestMissing(draft, peer, { id: tip.blockId, height: tip.height });
  answerWhoLacks(draft, peer, status);
  if (status.finalHeight > final.height || hasHigherQc)
    requestMissing(draft, peer, {
      id: theirs?.attestation.blockId ?? null,
      height: theirs?.attestation.height ?? status.finalHeight,
    });
}

/** What was held for this BK's Nacks alone is held no longer. */
function onWrongNack(draft: KeeperDraft, signer: SignerIndex, height: Height): void {
  distrust(draft, signer, height);
  castVotes(draft);
}

function retryBlocked(draft: KeeperDraft): void {
  for (const held of draft.state.blocks.values()) {
    if (held.stage.phase !== "candidate" || held.stage.execution !== "blocked") continue;
    if (draft.atMs < held.failures.retryAtMs) continue;
    draft.putBlock({ ...held, stage: { ...held.stage, execution: "waiting" } });
    startExecution(draft, held.facts.id);
  }
  recheckAgain(draft);
}

function onTick(draft: KeeperDraft): void {
  retryBlocked(draft);
  retryMissing(draft);
  fetchAgain(draft);
  castVotes(draft);
  forgeAgain(draft);
  sendVotes(draft, { again: false });
  resumeLock(draft);
  watchProgress(draft);
  lockIfDue(draft);
  sendLock(draft, null);
  sendYield(draft, null);
  sendNacks(draft, null);
}

/** Parked blocks still wait for their parents: whoever sent them is asked again, each at most once in a while. */
function retryMissing(draft: KeeperDraft): void {
  for (const { block, origin } of parkedRoots(draft.state)) {
    const peer = peerOf(origin);
    if (peer !== null) requestMissing(draft, peer, parentOf(block));
  }
}
