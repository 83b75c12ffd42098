import { SWITCH_BASE_MS, SWITCH_RESEND_MS, switchTimeoutMs } from "@sealwright/consensus";
import { type KeeperId, term } from "@sealwright/types";
import type { KeeperDraft } from "../keeperDraft.js";
import type { KeeperState } from "../keeperState.js";

/** A process that did not run for this long says nothing about others: its timer starts again (S1). */
const OWN_GAP_MS = SWITCH_BASE_MS / 4;
/** What censorship is seen by is looked at once a second. */
const CENSORED_FRESH_MS = 2_500;
/** Why a producer is suspected that leaves messages out. */
export const CENSORSHIP_REASON = "it leaves out messages though its blocks have room";

/** S1: suspects the producer of the current term when nothing became final for too long, or a fault of it is proved. */
export function watchProgress(draft: KeeperDraft): void {
  const { switching } = draft.state;
  const hasSlept = switching.lastTickMs !== null && draft.atMs - switching.lastTickMs > OWN_GAP_MS;
  const sinceMs = switching.sinceMs === null || hasSlept ? draft.atMs : switching.sinceMs;
  draft.setSwitching({ sinceMs, lastTickMs: draft.atMs });
  suspectIfDue(draft);
}

export function suspectIfDue(draft: KeeperDraft): void {
  const { config, switching, halted } = draft.state;
  if (config.signer === null || halted !== null || !isSuspicious(draft)) return;
  const { suspectedAtMs } = switching;
  if (suspectedAtMs !== null && draft.atMs - suspectedAtMs < SWITCH_RESEND_MS) return;
  sendSuspect(draft, null);
}

/** A new link hears at once what this keeper thinks (S1). */
export function suspectAgain(draft: KeeperDraft, to: KeeperId): void {
  if (draft.state.switching.suspectedAtMs !== null) sendSuspect(draft, to);
}

function sendSuspect(draft: KeeperDraft, to: KeeperId | null): void {
  const { config, switching, vote } = draft.state;
  const suspected = term(vote.currentTerm + 1n);
  if (switching.suspectedAtMs === null) {
    draft.emit({ type: "notify", notice: { type: "suspected", term: suspected, reason: reasonOf(draft.state) } });
    // Perhaps the chain moves and only the link to its producer is broken: whoever is ahead will say so.
    draft.emit({ type: "sendStatus", to: null });
  }
  const suspects = new Map(switching.suspects).set(config.signer!, { term: suspected, atMs: draft.atMs });
  // Only what went to all counts: a link that comes and goes would keep the others from hearing it again.
  draft.setSwitching({ suspects, ...(to === null ? { suspectedAtMs: draft.atMs } : {}) });
  draft.emit({ type: "sendSuspect", to, term: suspected });
}

function isSuspicious(draft: KeeperDraft): boolean {
  const { switching, vote, final } = draft.state;
  if (switching.fault !== null || isCensored(draft)) return true;
  const { sinceMs } = switching;
  return sinceMs !== null && draft.atMs - sinceMs >= switchTimeoutMs(vote.currentTerm, final.term);
}

function isCensored({ state, atMs }: KeeperDraft): boolean {
  const { censoredAtMs } = state.switching;
  return censoredAtMs !== null && atMs - censoredAtMs <= CENSORED_FRESH_MS;
}

function reasonOf({ switching }: KeeperState): string {
  if (switching.fault !== null) return switching.fault;
  return switching.censoredAtMs === null ? "no final block for too long" : CENSORSHIP_REASON;
}

/** Before anything became final, each keeper that comes gives the network a moment: it may only be starting. */
export function greet(draft: KeeperDraft, peer: KeeperId): void {
  const { greeted, suspectedAtMs } = draft.state.switching;
  if (greeted.has(peer) || suspectedAtMs !== null || greeted.size >= draft.state.config.rules.keepers.size) return;
  draft.setSwitching({ greeted: new Set(greeted).add(peer), sinceMs: draft.atMs });
}

/** A fault of the current term's producer is proved: nobody needs to wait for it (S1). Faults of other terms only count as evidence. */
export function noteFault(draft: KeeperDraft, blockTerm: bigint, fault: string): void {
  if (blockTerm !== draft.state.vote.currentTerm || draft.state.switching.fault !== null) return;
  draft.setSwitching({ fault });
  suspectIfDue(draft);
}

/** The producer of a term leaves messages out: unlike a fault that is proved, this may pass, and the suspicion with it (S1). */
export function noteCensorship(draft: KeeperDraft, inTerm: bigint): void {
  if (inTerm !== draft.state.vote.currentTerm) return;
  draft.setSwitching({ censoredAtMs: draft.atMs });
  suspectIfDue(draft);
}

/** A new final block: who was only too slow is suspected no more, and what was promised for terms up to it is kept. */
export function noteProgress(draft: KeeperDraft): void {
  const { switching, final } = draft.state;
  const locks = [...switching.locks].filter(([, lock]) => lock.term > final.term);
  const isOver = switching.ownLock !== null && switching.ownLock.term <= final.term;
  draft.setSwitching({
    sinceMs: draft.atMs,
    suspectedAtMs: switching.fault !== null || isCensored(draft) ? switching.suspectedAtMs : null,
    ...(locks.length === switching.locks.size ? {} : { locks: new Map(locks) }),
    ...(isOver ? { ownLock: null } : {}),
  });
}

/** The current term moved: its producer has its own time, and its own faults. */
export function noteTerm(draft: KeeperDraft): void {
  draft.setSwitching({
    sinceMs: draft.atMs,
    fault: null,
    censoredAtMs: null,
    laggingSinceMs: null,
    suspectedAtMs: null,
    collecting: { stage: "waiting" },
    incompletable: new Set(),
  });
  draft.emit({ type: "notify", notice: { type: "termEntered", term: draft.state.vote.currentTerm } });
}
