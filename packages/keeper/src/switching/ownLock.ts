import {
  compareRank,
  rankOfQc,
  SUSPECT_FRESH_MS,
  SWITCH_RESEND_MS,
  termToLock,
  type TermWish,
} from "@sealwright/consensus";
import { type KeeperId, limits, type SignedAttestation, type SignedLock, type Term } from "@sealwright/types";
import { emitCommit } from "../castVotes.js";
import type { KeeperDraft } from "../keeperDraft.js";
import type { ForgeOutcome } from "../keeperEvent.js";
import { forgingAfter } from "../ownVote.js";
import type { OwnLock } from "./switching.js";

/** S2: enters the term that enough BKs want, and promises to attest nothing below it. */
export function lockIfDue(draft: KeeperDraft): void {
  const { config, vote, halted } = draft.state;
  if (config.signer === null || halted !== null) return;
  const wanted = termToLock(config.rules.keepers, wishes(draft));
  if (wanted === null || wanted <= vote.currentTerm || wanted <= rankOfQc(vote.highestQc).term) return;
  draft.set({ vote: { ...vote, currentTerm: wanted } });
  forgeLock(draft, wanted);
}

function wishes(draft: KeeperDraft): TermWish[] {
  const { suspects, locks } = draft.state.switching;
  return [...new Set([...suspects.keys(), ...locks.keys()])].map((signer) => {
    const suspect = suspects.get(signer);
    const isFresh = suspect !== undefined && draft.atMs - suspect.atMs <= SUSPECT_FRESH_MS;
    return { suspected: isFresh ? suspect.term : null, locked: locks.get(signer)?.term ?? null };
  });
}

/** What the Lock says goes to disk first; the forge is asked when it is there. */
function forgeLock(draft: KeeperDraft, term: Term): void {
  const qc = draft.state.vote.highestQc;
  const commit = emitCommit(draft, []);
  draft.setSwitching({ ownLock: { term, qc, forging: { type: "persisting", commit }, sentAtMs: null } });
}

/**
 * After a restart a Lock may be owed that is no longer at hand: the forge gives it again. Who has attested in the term
 * needs none: it entered by the term's first block.
 */
export function resumeLock(draft: KeeperDraft): void {
  const { config, switching, vote, final, halted } = draft.state;
  if (config.signer === null || halted !== null || switching.ownLock !== null || switching.lastTickMs !== null) return;
  const hasAttested = vote.lastVoted !== null && vote.lastVoted.term >= vote.currentTerm;
  const isOpen = vote.currentTerm > final.term && vote.currentTerm > rankOfQc(vote.highestQc).term;
  if (isOpen && !hasAttested) forgeLock(draft, vote.currentTerm);
}

/** Signed again with a higher certificate of a lower term, never with a lower one (S2). */
export function renewLock(draft: KeeperDraft): void {
  const { switching, vote } = draft.state;
  const { ownLock } = switching;
  if (ownLock === null || ownLock.term !== vote.currentTerm) return;
  if (ownLock.forging.type === "persisting" || ownLock.forging.type === "asked") return;
  const { highestQc } = vote;
  const isHigher = compareRank(rankOfQc(highestQc), rankOfQc(ownLock.qc)) > 0;
  const hasFailed = ownLock.forging.type === "failed" && draft.atMs - ownLock.forging.atMs >= SWITCH_RESEND_MS;
  const mayLead = rankOfQc(highestQc).term < ownLock.term;
  if ((isHigher || hasFailed) && mayLead) forgeLock(draft, ownLock.term);
}

export function onLockForged(draft: KeeperDraft, term: Term, outcome: ForgeOutcome): void {
  const { ownLock } = draft.state.switching;
  if (ownLock === null || ownLock.term !== term || ownLock.forging.type !== "asked") return;
  draft.setSwitching({ ownLock: { ...ownLock, forging: forgingAfter(outcome, draft.atMs) } });
  sendLock(draft, null);
}

export function onLockCommitted(draft: KeeperDraft, commit: number): void {
  const { ownLock } = draft.state.switching;
  if (ownLock?.forging.type !== "persisting" || ownLock.forging.commit > commit) return;
  draft.setSwitching({ ownLock: { ...ownLock, forging: { type: "asked" } } });
  draft.emit({ type: "forgeLock", term: ownLock.term, qc: ownLock.qc });
}

/** Sends the own Lock when it is signed and due. A new link hears it at once. */
export function sendLock(draft: KeeperDraft, to: KeeperId | null): void {
  const { config, switching, halted } = draft.state;
  const { ownLock } = switching;
  if (ownLock === null || halted !== null || ownLock.forging.type !== "signed") return;
  const isDue = ownLock.sentAtMs === null || draft.atMs - ownLock.sentAtMs >= SWITCH_RESEND_MS;
  if (to === null && !isDue) return;
  const lock: SignedLock = {
    threadId: config.rules.threadId,
    term: ownLock.term,
    signer: config.signer!,
    qc: ownLock.qc,
    attestations: attestationsAbove(draft, ownLock),
    signature: ownLock.forging.signature,
  };
  draft.setSwitching({
    // Only what all heard counts: a link that comes and goes would keep the others from hearing it again.
    ownLock: to === null ? { ...ownLock, sentAtMs: draft.atMs } : ownLock,
    locks: new Map(switching.locks).set(lock.signer, lock),
  });
  draft.emit({ type: "sendLock", to, lock });
}

/** Own signed votes above the Lock's certificate, the newest ones when they are many. */
function attestationsAbove(draft: KeeperDraft, lock: OwnLock): SignedAttestation[] {
  const { config, votes, blocks } = draft.state;
  const own: SignedAttestation[] = [];
  for (const { attestation, forging } of votes.values()) {
    if (forging.type !== "signed" || attestation.term >= lock.term) continue;
    if (compareRank(attestation, rankOfQc(lock.qc)) <= 0) continue;
    // A vote that own execution refuted meanwhile is helped to no certificate.
    if (blocks.get(attestation.blockId)?.stage.phase === "invalid") continue;
    own.push({ attestation, signer: config.signer!, signature: forging.signature });
  }
  own.sort((a, b) => compareRank(a.attestation, b.attestation));
  return own.slice(-limits.LOCK_ATTESTATIONS_MAX);
}
