import type { AttestationTarget, BlockId, EnvelopeHash, Term } from "@sealwright/types";
import type { Decision, Digest, Refusal } from "./decision.js";
import { compareRank, isAbove, maxRank, type Rank } from "./rank.js";
import { RecentList } from "./recentList.js";

/** Blocks remembered by bytes, so that a producer can ask again for its unfinalized tail. */
const BLOCKS_KEPT_MAX = 64;
/** More than the deepest pending ancestor that a Fallback may name (2β + 1 = 61). */
const ATTESTATIONS_KEPT_MAX = 96;
const LOCKS_KEPT_MAX = 8;

/** What a request of our own chain would do to the marks of its (network, key, thread). */
export type SealwrightClaim =
  | {
      readonly type: "block";
      readonly rank: Rank;
      readonly first: boolean;
      readonly blockId: BlockId;
      readonly digest: Digest;
    }
  | {
      readonly type: "attestation";
      readonly rank: Rank;
      readonly target: AttestationTarget;
      readonly blockId: BlockId;
      readonly envelopeHash: EnvelopeHash;
      /** Rank of the highest certificate known with this vote; a later Lock may not list a lower one. */
      readonly highestQc: Rank | null;
      /** Ids of the block's ancestors at distance 1, 2, … as far as they are told: asked once, never recorded. */
      readonly ancestors?: readonly BlockId[];
      /** Of a Fallback: ids above its block, up to the last one that the asker attested. Not recorded either. */
      readonly descendants?: readonly BlockId[];
      readonly digest: Digest;
    }
  | {
      readonly type: "lock";
      readonly term: Term;
      readonly highestQc: Rank;
      readonly qcBlockId: BlockId;
      readonly digest: Digest;
    };

/** Floors without contents: from an import, a snapshot, or a pruned history. */
export interface SealwrightFloor {
  readonly type: "floor";
  readonly block: Rank | null;
  readonly attested: Rank | null;
  /** Attested contents at or below this place are no longer known. */
  readonly attestedForgottenTo: Rank | null;
  readonly firstOfTerm: Term | null;
  readonly lockTerm: Term | null;
  readonly highestQc: Rank | null;
}

/** What raises a key's marks: something that was signed, or a floor from elsewhere. */
export type SealwrightRecord = SealwrightClaim | SealwrightFloor;

type BlockClaimRecord = Extract<SealwrightClaim, { type: "block" }>;
type AttestationRecord = Extract<SealwrightClaim, { type: "attestation" }>;
type LockRecord = Extract<SealwrightClaim, { type: "lock" }>;

/**
 * All that one key has promised in one thread of one network. Only `applySealwright` makes a new one, never lower.
 * Signatures are not kept: those of BLS are unique, so the same bytes give the same one again.
 */
export interface SealwrightMarks {
  readonly block: Rank | null;
  /** The highest term in which a first-of-term block (round > 0) was recorded. */
  readonly firstOfTerm: Term | null;
  readonly attested: Rank | null;
  readonly attestedForgottenTo: Rank | null;
  readonly lockTerm: Term | null;
  readonly highestQc: Rank | null;
  readonly blocks: RecentList<BlockClaimRecord>;
  readonly attestations: RecentList<AttestationRecord>;
  readonly locks: RecentList<LockRecord>;
}

/** Of a key that has promised nothing yet. */
export const NO_SEALWRIGHT_MARKS: SealwrightMarks = {
  block: null,
  firstOfTerm: null,
  attested: null,
  attestedForgottenTo: null,
  lockTerm: null,
  highestQc: null,
  blocks: RecentList.empty(),
  attestations: RecentList.empty(),
  locks: RecentList.empty(),
};

/** Which of its key's promises a claim would break, or nobody could prove that it keeps. */
export const SEALWRIGHT_REFUSAL_CODES = [
  "conflictingBlock",
  "belowBlock",
  "secondFirstOfTerm",
  "conflictingAttestation",
  "belowAttested",
  "offAttestedChain",
  "belowLock",
  "fallbackOutsideVotedTerm",
  "fallbackAboveVoted",
  "fallbackForgotten",
  "lockNotAboveAttested",
  "belowLastLock",
  "lockQcBelowRecorded",
  "conflictingLock",
] as const;
/** One of `SEALWRIGHT_REFUSAL_CODES`. */
export type SealwrightRefusalCode = (typeof SEALWRIGHT_REFUSAL_CODES)[number];

type SealwrightDecision = Decision<SealwrightRecord, SealwrightRefusalCode>;

/** May this be signed by a key with these marks? Pure; the caller makes the returned record durable first. */
export function decideSealwright(marks: SealwrightMarks, claim: SealwrightClaim): SealwrightDecision {
  switch (claim.type) {
    case "block":
      return decideBlock(marks, claim);
    case "attestation":
      return claim.target === "primary" ? decidePrimary(marks, claim) : decideFallback(marks, claim);
    case "lock":
      return decideLock(marks, claim);
  }
}

function decideBlock(marks: SealwrightMarks, claim: BlockClaimRecord): SealwrightDecision {
  // Nothing is recorded above the highest: the usual case needs no search.
  const known = isAbove(claim.rank, marks.block) ? [] : marks.blocks;
  for (const block of known) {
    if (block.digest === claim.digest) return again(null);
    if (compareRank(block.rank, claim.rank) === 0)
      return refuse("conflictingBlock", "another block is recorded at this place", {
        ...rankWords(block.rank),
        blockId: block.blockId,
      });
  }
  if (!isAbove(claim.rank, marks.block))
    return refuse("belowBlock", "a block at or above this place is recorded", rankWords(marks.block));
  if (claim.first && marks.firstOfTerm !== null && claim.rank.term <= marks.firstOfTerm) {
    const first = marks.blocks.findLast((block) => block.first);
    return refuse("secondFirstOfTerm", "a first block of this term is recorded", {
      term: String(marks.firstOfTerm),
      blockId: first?.blockId ?? null,
    });
  }
  return { kind: "sign", record: claim };
}

function decidePrimary(marks: SealwrightMarks, claim: AttestationRecord): SealwrightDecision {
  // Nothing is recorded above the highest primary one, fallbacks included: the usual case needs no search.
  const isNew = isAbove(claim.rank, marks.attested);
  const same = isNew ? null : sameAttestation(marks, claim);
  if (same !== null) return same;
  if (marks.lockTerm !== null && claim.rank.term < marks.lockTerm) return belowLock(marks.lockTerm);
  if (isNew) return leavesChain(marks, claim) ?? { kind: "sign", record: recordOf(claim) };
  const conflict = conflictAt(marks, claim);
  if (conflict !== null) return conflict;
  return refuse("belowAttested", "an attestation at or above this place is recorded", rankWords(marks.attested));
}

/**
 * V3 across all who use the key: the last block attested in this term must be an ancestor. Who lost its disk, or runs
 * beside another instance, does not know what that was; this watermark does.
 */
function leavesChain(marks: SealwrightMarks, { rank, ancestors }: AttestationRecord): SealwrightDecision | null {
  const { attested } = marks;
  if (attested === null || attested.term !== rank.term || ancestors === undefined) return null;
  const last = marks.attestations.findLast((known) => compareRank(known.rank, attested) === 0);
  if (last === undefined) {
    const message = "which block is attested in this term is not known here";
    return refuse("offAttestedChain", message, { ...rankWords(attested), blockId: null });
  }
  const there = ancestors[Number(rank.height - attested.height) - 1];
  if (there === undefined || there === last.blockId) return null;
  return refuse("offAttestedChain", "a block that is no ancestor is attested in this term", {
    ...rankWords(attested),
    blockId: last.blockId,
  });
}

/**
 * V6 across all who use the key: the last block attested in this term must descend from a Fallback's. Primary votes skip
 * heights, so what is recorded at the same height may be nothing. Whoever does not know the last vote does not know its
 * chain, and another user of the key does.
 */
function leavesVotedChain(marks: SealwrightMarks, claim: AttestationRecord): SealwrightDecision | null {
  const { rank, descendants } = claim;
  const { attested } = marks;
  if (attested === null || descendants === undefined || compareRank(rank, attested) === 0) return null;
  const last = marks.attestations.findLast((known) => compareRank(known.rank, attested) === 0);
  const there = descendants[Number(attested.height - rank.height) - 1];
  if (last === undefined || there === last.blockId) return null;
  return refuse("offAttestedChain", "a block that is no descendant is attested in this term", {
    ...rankWords(attested),
    blockId: last.blockId,
  });
}

/** Without what was asked only once. */
function recordOf(claim: AttestationRecord): AttestationRecord {
  if (claim.ancestors === undefined && claim.descendants === undefined) return claim;
  const { ancestors: _below, descendants: _above, ...record } = claim;
  return record;
}

function decideFallback(marks: SealwrightMarks, claim: AttestationRecord): SealwrightDecision {
  const same = sameAttestation(marks, claim);
  if (same !== null) return same;
  if (marks.lockTerm !== null && claim.rank.term < marks.lockTerm) return belowLock(marks.lockTerm);
  const voted = marks.attested;
  if (voted?.term !== claim.rank.term) {
    return refuse(
      "fallbackOutsideVotedTerm",
      "a fallback attestation needs a primary one in its term",
      rankWords(voted),
    );
  }
  const conflict = conflictAt(marks, claim);
  if (conflict !== null) return conflict;
  if (isAbove(claim.rank, voted))
    return refuse("fallbackAboveVoted", "a fallback attestation may not lead", rankWords(voted));
  if (!isAbove(claim.rank, marks.attestedForgottenTo)) {
    return refuse(
      "fallbackForgotten",
      "what was attested at this place is no longer known",
      rankWords(marks.attestedForgottenTo),
    );
  }
  return leavesVotedChain(marks, claim) ?? { kind: "sign", record: recordOf(claim) };
}

function decideLock(marks: SealwrightMarks, claim: LockRecord): SealwrightDecision {
  for (const lock of marks.locks) {
    if (lock.digest === claim.digest) return again(null);
    if (lock.term === claim.term && compareRank(lock.highestQc, claim.highestQc) === 0) {
      return refuse("conflictingLock", "a lock of this term with another certificate of this rank is recorded", {
        ...lockWords(lock),
        qcBlockId: lock.qcBlockId,
      });
    }
  }
  if (marks.attested !== null && claim.term <= marks.attested.term) {
    return refuse("lockNotAboveAttested", "a lock must be above the last attested term", rankWords(marks.attested));
  }
  if (marks.lockTerm !== null && claim.term < marks.lockTerm) {
    return refuse("belowLastLock", "a lock of a later term is recorded", { term: String(marks.lockTerm) });
  }
  if (marks.highestQc !== null && compareRank(claim.highestQc, marks.highestQc) < 0) {
    return refuse("lockQcBelowRecorded", "a higher certificate is recorded", rankWords(marks.highestQc));
  }
  return { kind: "sign", record: claim };
}

/** The very same attestation: allowed for ever. A higher certificate named with it must still be recorded. */
function sameAttestation(marks: SealwrightMarks, claim: AttestationRecord): SealwrightDecision | null {
  if (!marks.attestations.some((known) => known.digest === claim.digest)) return null;
  const raises = claim.highestQc !== null && isAbove(claim.highestQc, marks.highestQc);
  return again(raises ? { ...NO_FLOOR, highestQc: claim.highestQc } : null);
}

function conflictAt(marks: SealwrightMarks, claim: AttestationRecord): SealwrightDecision | null {
  for (const known of marks.attestations) {
    if (compareRank(known.rank, claim.rank) !== 0) continue;
    if (known.blockId === claim.blockId && known.envelopeHash === claim.envelopeHash) continue;
    return refuse("conflictingAttestation", "another block is attested at this place", {
      ...rankWords(known.rank),
      blockId: known.blockId,
    });
  }
  return null;
}

/** A floor that raises nothing: to be spread under what a floor does raise. */
export const NO_FLOOR: SealwrightFloor = {
  type: "floor",
  block: null,
  attested: null,
  attestedForgottenTo: null,
  firstOfTerm: null,
  lockTerm: null,
  highestQc: null,
};

/** Marks with one more record. Total: a record may come again or late, and nothing is ever lowered. */
export function applySealwright(marks: SealwrightMarks, record: SealwrightRecord): SealwrightMarks {
  switch (record.type) {
    case "block":
      return applyBlock(marks, record);
    case "attestation":
      return applyAttestation(marks, record);
    case "lock":
      return applyLock(marks, record);
    case "floor":
      return {
        ...marks,
        block: maxRank(marks.block, record.block),
        attested: maxRank(marks.attested, record.attested),
        attestedForgottenTo: maxRank(marks.attestedForgottenTo, record.attestedForgottenTo),
        firstOfTerm: maxTerm(marks.firstOfTerm, record.firstOfTerm),
        lockTerm: maxTerm(marks.lockTerm, record.lockTerm),
        highestQc: maxRank(marks.highestQc, record.highestQc),
      };
  }
}

function applyBlock(marks: SealwrightMarks, record: BlockClaimRecord): SealwrightMarks {
  const isNew = isAbove(record.rank, marks.block);
  return {
    ...marks,
    block: maxRank(marks.block, record.rank),
    firstOfTerm: record.first ? maxTerm(marks.firstOfTerm, record.rank.term) : marks.firstOfTerm,
    blocks: remember(marks.blocks, record, { keptMax: BLOCKS_KEPT_MAX, isNew }),
  };
}

function applyAttestation(marks: SealwrightMarks, record: AttestationRecord): SealwrightMarks {
  // Every primary one raises the mark, and a digest commits to place and target: above the mark nothing equal is known.
  const isNew = record.target === "primary" && isAbove(record.rank, marks.attested);
  const attestations = remember(marks.attestations, record, { keptMax: ATTESTATIONS_KEPT_MAX, isNew });
  const { oldest } = marks.attestations;
  const forgotten = attestations.oldest === oldest ? null : oldest;
  return {
    ...marks,
    attested: record.target === "primary" ? maxRank(marks.attested, record.rank) : marks.attested,
    attestedForgottenTo: maxRank(marks.attestedForgottenTo, forgotten?.rank ?? null),
    highestQc: maxRank(marks.highestQc, record.highestQc),
    attestations,
  };
}

function applyLock(marks: SealwrightMarks, record: LockRecord): SealwrightMarks {
  return {
    ...marks,
    lockTerm: maxTerm(marks.lockTerm, record.term),
    highestQc: maxRank(marks.highestQc, record.highestQc),
    locks: remember(marks.locks, record, { keptMax: LOCKS_KEPT_MAX, isNew: false }),
  };
}

/** The records that make these marks again, for snapshots and other stores. */
export function recordsOfSealwright(marks: SealwrightMarks): SealwrightRecord[] {
  const floor: SealwrightFloor = {
    type: "floor",
    block: marks.block,
    attested: marks.attested,
    attestedForgottenTo: marks.attestedForgottenTo,
    firstOfTerm: marks.firstOfTerm,
    lockTerm: marks.lockTerm,
    highestQc: marks.highestQc,
  };
  return [floor, ...marks.blocks, ...marks.attestations, ...marks.locks];
}

/** @param options `isNew`: the caller knows that the list does not hold it; a search reads every record's digest */
function remember<T extends { readonly digest: Digest }>(
  list: RecentList<T>,
  record: T,
  { keptMax, isNew }: { readonly keptMax: number; readonly isNew: boolean },
): RecentList<T> {
  const isKnown = !isNew && list.some((known) => known.digest === record.digest);
  return isKnown ? list : list.with(record, keptMax);
}

function again(record: SealwrightRecord | null): SealwrightDecision {
  return { kind: "again", record, signature: null };
}

const STOP_ONE = "and if another program signs with this key, stop one of the two";
const CATCH_UP = "and if the keeper is behind its thread, let it catch up first";
const WHAT_TO_DO: Readonly<Record<SealwrightRefusalCode, string>> = {
  conflictingBlock: `send the recorded block again or build above it, ${STOP_ONE}`,
  belowBlock: `build above the recorded one, ${CATCH_UP}`,
  secondFirstOfTerm: `send the recorded one again or wait for a later term, ${STOP_ONE}`,
  conflictingAttestation: `vote above that place, ${STOP_ONE}`,
  belowAttested: `vote above the recorded one, ${CATCH_UP}`,
  offAttestedChain: `vote for a block on the chain of the recorded one or wait for a later term, ${STOP_ONE}`,
  belowLock: "vote in the lock's term or in a later one",
  fallbackOutsideVotedTerm: "cast a primary vote in that term first, or leave this one out",
  fallbackAboveVoted: "cast it for the last block with a primary vote or for an ancestor of that",
  fallbackForgotten: "leave this one out, for nobody can tell any more what it would contradict",
  lockNotAboveAttested: `lock a later term, ${CATCH_UP}`,
  belowLastLock: `lock that term or a later one, ${CATCH_UP}`,
  lockQcBelowRecorded: `lock with the highest certificate that is known, ${CATCH_UP}`,
  conflictingLock: `send the recorded lock again or one with a higher certificate, ${STOP_ONE}`,
};

function refuse(code: SealwrightRefusalCode, message: string, recorded: Refusal["recorded"]): SealwrightDecision {
  return { kind: "refused", refusal: { code, message: `${message}: ${WHAT_TO_DO[code]}`, recorded } };
}

function belowLock(lockTerm: Term): SealwrightDecision {
  return refuse("belowLock", "a lock promised to attest nothing below its term", { term: String(lockTerm) });
}

function rankWords(rank: Rank | null): Refusal["recorded"] {
  return rank === null ? { term: null, height: null } : { term: String(rank.term), height: String(rank.height) };
}

function lockWords(lock: LockRecord): Refusal["recorded"] {
  return { term: String(lock.term), qcTerm: String(lock.highestQc.term), qcHeight: String(lock.highestQc.height) };
}

function maxTerm(a: Term | null, b: Term | null): Term | null {
  if (a === null) return b;
  return b === null || a >= b ? a : b;
}
