import type { BlockId, Height, KeeperId, ThreadId, UnixMs } from "@sealwright/types";
import type { BlockRef } from "./message.js";
import type { BlockStatus, TimelineEntry } from "./records.js";

/**
 * Why a block is not there, came late, or was given up: the one list for event, metric, log and command. Of a late block
 * it names the step that took the most time above what it may take.
 */
export const DELAY_REASONS = [
  /** Nobody has made it yet: its time has not come, or a block below it is not made either. */
  "notYet",
  /** It is the next one and its time has come, and nothing of it came: its producer is down, cut off, stuck or waiting. */
  "producerSilent",
  /** The first block of a later term: the producer before it was silent or wrong and had to be replaced. */
  "producerReplaced",
  /** Its producer began it late; the producer itself says why, if it made it. */
  "producerLate",
  /** The execution of its messages took long. */
  "buildSlow",
  /** Its producer waited for a majority that vouches for the blocks below (protocol §5). */
  "heldForMajority",
  /** Its producer waited for a quorum of a block below, at the end of that block's time (protocol §5). */
  "heldForQuorum",
  /** What must be on disk before a block is signed took long to get there. */
  "diskSlow",
  "signerSlow",
  /** The signer did not answer at first. */
  "signerFailed",
  /** It was long on its way to this keeper. */
  "propagationSlow",
  /** This keeper took long to check and apply it. */
  "executionSlow",
  /** A quorum of attestations was slow to come together. */
  "attestationsLate",
  /** Its quorum was known, and the block that carries it came late. */
  "carriedLate",
  /** Its quorum was carried, and the quorum of the carrying block was slow to come together. */
  "secondQuorumLate",
  /** Off the chain: a later term went on from a block below it. */
  "abandoned",
  "invalid",
  /** It is there, and this keeper was not all the time, or was started again since: another one may know more. */
  "noRecord",
  /** It is older than what this keeper keeps. */
  "pruned",
  /** The first block of the thread: it is given, nobody made it. */
  "genesis",
] as const;
/** Why a block is late, missing or was given up: one of `DELAY_REASONS`. */
export type DelayReason = (typeof DELAY_REASONS)[number];

/** What was late about a block, and by how much. */
export interface BlockDelay {
  readonly reason: DelayReason;
  /** How much longer than allowed the named step took; 0 where the reason is not one of time. */
  readonly lateMs: number;
}

/** An attestation as this keeper knows it. */
export interface BlockVote {
  readonly keeperId: KeeperId;
  /** When it was here; null when it is known from a certificate alone. */
  readonly atMs: UnixMs | null;
}

/** The life of one block as one keeper saw it. */
export interface BlockLife {
  readonly block: BlockRef;
  readonly parentId: BlockId;
  readonly producer: KeeperId;
  readonly status: BlockStatus;
  /** Ascending by time; only what this keeper did or saw. */
  readonly timeline: readonly TimelineEntry[];
  /** Ascending by time, this keeper's own among them; the producer sees them come, others know whom a certificate names. */
  readonly votes: readonly BlockVote[];
  /** The block on this keeper's chain that carried its quorum or a descendant's; null while there is none. */
  readonly carriedBy: BlockId | null;
  /** Null: in time, or in time so far. */
  readonly delay: BlockDelay | null;
}

/** All blocks at one height that a keeper knows of, the one on its chain first. */
export interface HeightLives {
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly blocks: readonly BlockLife[];
  /** Why there is none; null when there is one. */
  readonly missing: BlockDelay | null;
}
