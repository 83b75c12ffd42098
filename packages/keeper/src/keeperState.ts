import type { BlockFacts, ThreadRules, VerificationRules } from "@sealwright/consensus";
import type {
  AggregatedAttestation,
  BlockId,
  Height,
  KeeperId,
  SealedBlock,
  SignerIndex,
  Term,
  VoteState,
} from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import type { BlockOrigin } from "./keeperEvent.js";
import type { OwnVote } from "./ownVote.js";
import { NO_NACKS, type Nacking } from "./verifying/nacking.js";
import { NOT_SWITCHING, type Switching } from "./switching/switching.js";

/** What a keeper was told to be, for one thread; never changes while it runs. */
export interface KeeperConfig {
  readonly rules: ThreadRules;
  readonly self: KeeperId;
  /** Place in the BK set; null for an observer, who follows and never votes. */
  readonly signer: SignerIndex | null;
  /** A block further ahead of the own clock is attested later (protocol §8). */
  readonly timeAheadMaxMs: number;
  /** Unsettled votes leave again after this long. */
  readonly voteResendMs: number;
  /** Who executes blocks. */
  readonly verification: VerificationRules;
}

/** A block whose parent is not here, or not checked yet. */
export interface ParkedBlock {
  readonly block: SealedBlock;
  readonly origin: BlockOrigin;
}

/** A first block beside the final chain, while the signatures of its switch certificate are checked (F3). */
export interface Contradiction {
  readonly block: SealedBlock;
  readonly from: KeeperId | null;
}

/**
 * Everything that a keeper knows of one thread above its last final block. Immutable: a step makes a new one, so a
 * simulation can keep, compare and hash them.
 */
export interface KeeperState {
  readonly config: KeeperConfig;
  readonly final: BlockFacts;
  /** Term of the certificate that proved it final; null when that was before a restart. */
  readonly finalProvedIn: Term | null;
  readonly blocks: ReadonlyMap<BlockId, ChainBlock>;
  /** By the parent that they wait for. */
  readonly parked: ReadonlyMap<BlockId, readonly ParkedBlock[]>;
  /** Verified certificates of blocks above the last final one, also of blocks that are not here yet. */
  readonly certificates: ReadonlyMap<BlockId, AggregatedAttestation>;
  /** Places (term, height) above the last final block where a producer was caught with two blocks. */
  readonly equivocations: ReadonlyMap<string, Height>;
  readonly vote: VoteState;
  /** A block of this term got the last vote and another one became final: no vote here lies on one chain with both. */
  readonly barredTerm: Term | null;
  readonly votes: ReadonlyMap<string, OwnVote>;
  readonly switching: Switching;
  readonly nacking: Nacking;
  /** First blocks of later terms that leave final blocks aside: perhaps proofs that more than f lied (F3). */
  readonly contradictions: ReadonlyMap<BlockId, Contradiction>;
  readonly nextCommit: number;
  /** The highest commit that is on disk. */
  readonly committed: number;
  /** Not on disk yet, in the order of their numbers. */
  readonly commits: readonly CommitUnderWay[];
  /** The highest certificate that is on disk. */
  readonly durableQc: AggregatedAttestation | null;
  /** When each peer was last asked for blocks: one that brings nothing does not keep others from being asked. */
  readonly lastRequests: ReadonlyMap<KeeperId, number>;
  /** When each peer was last shown where this keeper stands. */
  readonly lastShown: ReadonlyMap<KeeperId, number>;
  /** Set when this keeper may not vote any more: its own execution contradicts a quorum. */
  readonly halted: string | null;
}

export interface CommitUnderWay {
  readonly commit: number;
  readonly highestQc: AggregatedAttestation | null;
}

/** A parked block costs memory until its parent comes; a peer cannot make us hold more. */
export const PARKED_BLOCKS_MAX = 256;
export const PARKED_BYTES_MAX = 64 * 1024 * 1024;
/** Certificates of unknown blocks are hints to fetch; only the newest few matter. */
export const CERTIFICATES_MAX = 512;

/**
 * @param vote null in a thread in which this keeper never voted
 * @param votedFinalChain false when the last vote lies at or below the last final block and off its chain
 */
export function initialKeeperState(
  config: KeeperConfig,
  final: BlockFacts,
  vote: VoteState | null,
  votedFinalChain = true,
): KeeperState {
  const known = vote?.highestQc ?? null;
  const highestQc = known !== null && known.attestation.height > final.height ? known : null;
  return {
    config,
    final,
    finalProvedIn: null,
    blocks: new Map(),
    parked: new Map(),
    // What others hold for settled they say no more: the one certificate that survived must count again.
    certificates: new Map(highestQc === null ? [] : [[highestQc.attestation.blockId, highestQc]]),
    equivocations: new Map(),
    vote: voteAfter(vote, final.term),
    barredTerm: votedFinalChain ? null : (vote?.lastVoted?.term ?? null),
    votes: new Map(),
    switching: NOT_SWITCHING,
    nacking: NO_NACKS,
    contradictions: new Map(),
    nextCommit: 1,
    committed: 0,
    durableQc: vote?.highestQc ?? null,
    commits: [],
    lastRequests: new Map(),
    lastShown: new Map(),
    halted: null,
  };
}

/** A keeper that never voted in the thread, or not since a later term began, is in the term of the last final block. */
function voteAfter(vote: VoteState | null, finalTerm: Term): VoteState {
  if (vote === null) return { currentTerm: finalTerm, lastVoted: null, highestQc: null };
  return vote.currentTerm >= finalTerm ? vote : { ...vote, currentTerm: finalTerm };
}
