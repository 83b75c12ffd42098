import { compareRank, rankOfQc } from "@sealwright/consensus";
import type { KeeperId, SignedLock, Term } from "@sealwright/types";
import type { KeeperDraft } from "../keeperDraft.js";
import { showStatus } from "../showStatus.js";
import { collectLocks } from "./collectLocks.js";
import { lockIfDue } from "./ownLock.js";

/** A Suspect of a BK: its latest word counts, as long as it is fresh. One that is behind hears where this keeper stands. */
export function takeSuspect(draft: KeeperDraft, peer: KeeperId, term: Term): void {
  const signer = draft.state.config.rules.keepers.indexOf(peer);
  if (signer === null) return;
  const suspects = new Map(draft.state.switching.suspects).set(signer, { term, atMs: draft.atMs });
  draft.setSwitching({ suspects });
  answerWhoIsBehind(draft, peer, term);
  lockIfDue(draft);
}

/** A Lock of a BK, over its own link. The highest of each is kept. */
export function takeLock(draft: KeeperDraft, peer: KeeperId, lock: SignedLock): void {
  const known = draft.state.switching.locks.get(lock.signer);
  answerWhoIsBehind(draft, peer, lock.term);
  if (lock.term <= draft.state.final.term || (known !== undefined && !isHigher(lock, known))) return;
  draft.setSwitching({ locks: new Map(draft.state.switching.locks).set(lock.signer, lock) });
  lockIfDue(draft);
  collectLocks(draft);
}

function isHigher(lock: SignedLock, known: SignedLock): boolean {
  if (lock.term !== known.term) return lock.term > known.term;
  const order = compareRank(rankOfQc(lock.qc), rankOfQc(known.qc));
  return order > 0 || (order === 0 && lock.attestations.length > known.attestations.length);
}

/** S3: who wants a term that this keeper has already entered or left may lack what led there. */
function answerWhoIsBehind(draft: KeeperDraft, peer: KeeperId, term: Term): void {
  const { vote, final } = draft.state;
  if (term <= final.term || term < vote.currentTerm) showStatus(draft, peer);
}
