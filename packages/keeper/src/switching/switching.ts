import type { UnsignedSwitchCertificate } from "@sealwright/consensus";
import type { AggregatedAttestation, BlockId, KeeperId, SignedLock, SignerIndex, Term } from "@sealwright/types";
import type { PromiseForging } from "../ownVote.js";

/** This keeper's Lock on its way: like a vote it goes to disk, is signed, and leaves. */
export interface OwnLock {
  readonly term: Term;
  readonly qc: AggregatedAttestation | null;
  readonly forging: PromiseForging;
  /** When it last left to all, monotonic; null before. */
  readonly sentAtMs: number | null;
}

/** How far the designated producer of the current term is with its certificate (S4). */
export type Collecting =
  /** For Locks of a quorum, or for the body that they lead to. */
  | { readonly stage: "waiting" }
  /** Attached attestations of a quorum are being added up to a higher certificate. */
  | { readonly stage: "completing"; readonly blockId: BlockId }
  | { readonly stage: "aggregating"; readonly certificate: UnsignedSwitchCertificate }
  /** The certificate was handed over: one start per term. */
  | { readonly stage: "done" };

/** What one keeper knows of leaving the current term. Times are monotonic. */
export interface Switching {
  /** The later of the last progress and entering the current term; null before the first tick. */
  readonly sinceMs: number | null;
  readonly lastTickMs: number | null;
  /** Peers that were here before the first progress: each gives the network a moment to come together. */
  readonly greeted: ReadonlySet<KeeperId>;
  /** What proves that the current term's producer is faulty: it is suspected at once. */
  readonly fault: string | null;
  /** When it was last heard that the current term's producer leaves messages out. */
  readonly censoredAtMs: number | null;
  /** The highest term that each BK, as its producer, left to the next one. */
  readonly yields: ReadonlyMap<SignerIndex, Term>;
  /** The own one, and when it last left. */
  readonly ownYield: { readonly term: Term; readonly sentAtMs: number } | null;
  /** Since when the times of the current term's blocks are too far behind; null while they are not. */
  readonly laggingSinceMs: number | null;
  /** When the own Suspect last left to all; null while nobody is suspected. */
  readonly suspectedAtMs: number | null;
  /** The highest of each BK, with when it was last heard. */
  readonly suspects: ReadonlyMap<SignerIndex, { readonly term: Term; readonly atMs: number }>;
  /** The highest of each BK, its own included; signatures are checked when they are added up. */
  readonly locks: ReadonlyMap<SignerIndex, SignedLock>;
  readonly ownLock: OwnLock | null;
  readonly collecting: Collecting;
  /** Blocks whose attached attestations turned out not to make a certificate. */
  readonly incompletable: ReadonlySet<BlockId>;
}

export const NOT_SWITCHING: Switching = {
  sinceMs: null,
  lastTickMs: null,
  greeted: new Set(),
  fault: null,
  censoredAtMs: null,
  yields: new Map(),
  ownYield: null,
  laggingSinceMs: null,
  suspectedAtMs: null,
  suspects: new Map(),
  locks: new Map(),
  ownLock: null,
  collecting: { stage: "waiting" },
  incompletable: new Set(),
};
