import { type Offence, offenceKey, type ThreadRules } from "@sealwright/consensus";
import type {
  AggregatedAttestation,
  BlockHeader,
  BlockId,
  Evidence,
  Height,
  KeeperId,
  SealedBlock,
  SignedNack,
} from "@sealwright/types";
import type { VoteLine } from "./voteLine.js";

/** A block whose producer's signature was checked, without its body. */
export interface WitnessedBlock {
  readonly id: BlockId;
  readonly header: BlockHeader;
  readonly signature: Uint8Array;
}

/** What a witness keeps of a block. */
export function witnessedBlock({ id, header, signature }: SealedBlock): WitnessedBlock {
  return { id, header, signature };
}

/** Evidence whose signatures are being checked, and who is to blame if they are bad. */
export interface PendingEvidence {
  readonly evidence: Evidence;
  readonly offence: Offence;
  readonly from: KeeperId | null;
}

/** What one thread's witness remembers: enough to notice that somebody signed two things of which one is forbidden. */
export interface WitnessState {
  readonly rules: ThreadRules;
  readonly finalHeight: Height;
  /** Blocks with good signatures, from `WITNESS_DEPTH` below the last final one up, and some lower ones. */
  readonly blocks: ReadonlyMap<BlockId, WitnessedBlock>;
  /** Aggregates with good signatures, by target and block, likewise. */
  readonly votes: ReadonlyMap<string, AggregatedAttestation>;
  /** Nacks with good signatures, by signer and block, from the same depth up; the height is their block's. */
  readonly nacks: ReadonlyMap<string, { readonly nack: SignedNack; readonly height: Height }>;
  /** Of the newest term that votes are remembered of; null: none are. */
  readonly line: VoteLine | null;
  /** Offences that are proved already; each is told once. */
  readonly proved: ReadonlySet<string>;
  /** How many of them each keeper committed. */
  readonly counts: ReadonlyMap<KeeperId, number>;
  readonly checking: ReadonlyMap<string, PendingEvidence>;
}

/** How far below the last final block a second signature is still noticed. */
export const WITNESS_DEPTH = 64n;
/** Blocks, votes, and Nacks, that a witness remembers; a thread is never open further than that. */
export const WITNESS_ITEMS_MAX = 512;
/** After that many proofs against a keeper in a thread nothing more is to be proved. */
export const PROVED_PER_KEEPER_MAX = 32;
/** Under check at a time for each peer, and for what this keeper noticed itself: each costs two pairings. */
export const CHECKS_PER_SOURCE_MAX = 8;

/** @param proved what the store remembers of the thread */
export function initialWitnessState(
  rules: ThreadRules,
  finalHeight: Height,
  proved: readonly Offence[] = [],
): WitnessState {
  const counts = new Map<KeeperId, number>();
  for (const { accused } of proved) counts.set(accused, (counts.get(accused) ?? 0) + 1);
  return {
    rules,
    finalHeight,
    blocks: new Map(),
    votes: new Map(),
    nacks: new Map(),
    line: null,
    proved: new Set(proved.map(offenceKey)),
    counts,
    checking: new Map(),
  };
}
