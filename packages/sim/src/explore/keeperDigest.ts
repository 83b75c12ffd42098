import { BLOCK_LAG_FOR_MS, SUSPECT_FRESH_MS, SWITCH_RESEND_MS, switchTimeoutMs } from "@sealwright/consensus";
import type { SealwrightMarks } from "@sealwright/forge";
import type { KeeperState } from "@sealwright/keeper";
import type { BlockId, Height, Term, VoteState } from "@sealwright/types";
import type { BlockPool } from "./blockPool.js";
import type { SmallKeeper } from "./smallKeeper.js";

type NameOf = (id: BlockId) => number;

/**
 * Everything that tells two keepers apart, with blocks by their numbers: whoever has the same digest does the same from
 * here on. What can no longer change anything is left out: a Suspect that is no longer fresh, words on terms that are
 * over, and how late it is, for a keeper compares times and never reads them.
 */
export function digestOf(keeper: SmallKeeper, pool: BlockPool): string {
  const name: NameOf = (id) => pool.get(id).index;
  const { disk, votes, locks, marks, crashesLeft, timersLeft, hasReplayed, state } = keeper;
  return [
    chainText(state, name),
    promisesText(state, name),
    switchingText(keeper, name),
    voteText(disk.vote, name),
    disk.bodies
      .filter(({ header }) => header.height > state.final.height)
      .map(({ id }) => name(id))
      .sort(),
    votes.map(({ blockId, target }) => `${name(blockId)}${target[0]}`).sort(),
    locks.map(({ term, qc }) => `${term}:${qc === null ? "" : name(qc)}`).sort(),
    marks === null ? "" : marksText(marks),
    crashesLeft,
    timersLeft,
    hasReplayed ? "" : "starting",
  ].join(";");
}

/**
 * Everything that tells two keepers apart once the liars are silent and all arrives: what left before is no matter, nor
 * what others said.
 */
export function calmDigestOf(keeper: SmallKeeper, pool: BlockPool): string {
  const name: NameOf = (id) => pool.get(id).index;
  const { state } = keeper;
  return [chainText(state, name), promisesText(state, name), switchingText(keeper, name)].join(";");
}

function chainText(state: KeeperState, name: NameOf): string {
  const blocks = [...state.blocks].map(([id, { stage, stored }]) => `${name(id)}${stage.phase[0]}${stored ? 1 : 0}`);
  const parked = [...state.parked].map(
    ([id, waiting]) => `${name(id)}<${waiting.map(({ block }) => name(block.id)).join("+")}`,
  );
  return [
    name(state.final.id),
    state.finalProvedIn ?? "",
    blocks.sort(),
    [...state.certificates.keys()].map(name).sort(),
    [...state.equivocations.keys()].sort(),
    [...state.contradictions.keys()].map(name).sort(),
    parked.sort(),
    state.halted === null ? "" : "halted",
  ].join(";");
}

function promisesText({ vote, barredTerm, votes }: KeeperState, name: NameOf): string {
  const own = [...votes.values()].map(
    ({ attestation, forging }) => `${name(attestation.blockId)}${attestation.target[0]}${forging.type[0]}`,
  );
  return [voteText(vote, name), barredTerm ?? "", own.sort()].join(";");
}

/** What is known of leaving the current term, and how long ago it was learned. */
function switchingText({ state, nowMs, timersLeft }: SmallKeeper, name: NameOf): string {
  const { switching, vote } = state;
  const { ownLock, fault, suspectedAtMs, sinceMs, laggingSinceMs } = switching;
  const age = (atMs: number | null, cap: number): number | "" => (atMs === null ? "" : Math.min(nowMs - atMs, cap));
  const nameQc = (qc: { readonly attestation: { readonly blockId: BlockId } } | null): number | "" =>
    qc === null ? "" : name(qc.attestation.blockId);
  const suspects = [...switching.suspects]
    .filter(([, { term, atMs }]) => term > vote.currentTerm && nowMs - atMs <= SUSPECT_FRESH_MS)
    .map(([signer, { term, atMs }]) => `${signer}:${term}/${nowMs - atMs}`);
  const locks = [...switching.locks.values()]
    .filter(({ term }) => term >= vote.currentTerm)
    .map(({ signer, term, qc, attestations }) => {
      const attached = attestations.map(({ attestation }) => `${name(attestation.blockId)}${attestation.target[0]}`);
      return `${signer}:${term}/${nameQc(qc)}+${attached.join("+")}`;
    });
  // Without a timer nobody looks how long ago it was.
  const hasTimer = timersLeft > 0 || nowMs > 0;
  return [
    ownLock === null ? "" : `${ownLock.term}${ownLock.forging.type[0]}${nameQc(ownLock.qc)}`,
    suspects.sort(),
    locks.sort(),
    fault === null ? "" : "fault",
    age(suspectedAtMs, SWITCH_RESEND_MS),
    hasTimer
      ? `${age(sinceMs, switchTimeoutMs(vote.currentTerm, state.final.term))}/${age(laggingSinceMs, BLOCK_LAG_FOR_MS)}`
      : "",
  ].join(";");
}

function voteText(vote: VoteState | null, name: NameOf): string {
  if (vote === null) return "";
  const { currentTerm, lastVoted, highestQc } = vote;
  const voted = lastVoted === null ? "" : name(lastVoted.blockId);
  return `${currentTerm},${voted},${highestQc === null ? "" : name(highestQc.attestation.blockId)}`;
}

/** What was signed is told apart above; what is left are the highest places. */
function marksText({ attested, lockTerm, highestQc }: SealwrightMarks): string {
  const rank = (one: { readonly term: Term; readonly height: Height } | null): string =>
    one === null ? "" : `${one.term}.${one.height}`;
  return `${rank(attested)},${lockTerm ?? ""},${rank(highestQc)}`;
}
