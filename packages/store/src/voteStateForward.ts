import { assert, type Height, type Term, type VoteState } from "@sealwright/types";

interface Rank {
  readonly term: Term;
  readonly height: Height;
}

/**
 * A vote state never goes back: not the term, not the rank of the last vote, not the rank of the highest QC (protocol
 * V2, V3, S2). The caller decides by the rules; this is the last line before the disk.
 */
export function checkVoteStateForward(previous: VoteState, next: VoteState): void {
  assert(next.currentTerm >= previous.currentTerm, "currentTerm went back");
  assertRankForward("lastVoted", previous.lastVoted, next.lastVoted);
  assertRankForward("highestQc", previous.highestQc?.attestation ?? null, next.highestQc?.attestation ?? null);
}

function assertRankForward(what: string, previous: Rank | null, next: Rank | null): void {
  if (previous === null) return;
  assert(next !== null, `${what} was forgotten`);
  const forward = next.term > previous.term || (next.term === previous.term && next.height >= previous.height);
  assert(forward, `${what} went back from (${previous.term}, ${previous.height}) to (${next.term}, ${next.height})`);
}
