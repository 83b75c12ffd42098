import type { BlockFacts } from "@sealwright/consensus";
import type {
  AggregatedAttestation,
  Attestation,
  BlockId,
  BlockVerdict,
  Height,
  KeeperId,
  SealedBlock,
  SignedAttestation,
  SignedLock,
  SignedNack,
  SwitchCertificate,
  Term,
  VoteState,
} from "@sealwright/types";

/** Blocks that became final together, and what proves it. */
export interface FinalizedRun {
  /** Ascending: the newly final blocks, all applied, then the rest of the chain up to k, which need not be. */
  readonly chain: readonly { readonly block: SealedBlock; readonly facts: BlockFacts; readonly stored: boolean }[];
  /** How many of `chain` became final. */
  readonly finalCount: number;
  /** The block whose certificate is carried, and the block that carries it (protocol F1). */
  readonly certifiedId: BlockId;
  readonly carrierId: BlockId;
  /** QC(k). */
  readonly certificate: AggregatedAttestation;
}

/** What a peer did that an honest one does not. */
export type PenaltyCause = "badBlock" | "badSignature" | "badCertificate" | "badNack";

/** A block that the chain left aside. */
export interface AbandonedBlock {
  readonly block: SealedBlock;
  /** This keeper attested or sealed it, or holds a certificate of it: it offers the block's messages again (M2). */
  readonly isPromised: boolean;
}

/** What people and other parts of the node are told, in the order in which it happened. */
export type ChainNotice =
  | { readonly type: "applied"; readonly block: SealedBlock; readonly facts: BlockFacts }
  | { readonly type: "attested"; readonly blockId: BlockId }
  /** A certificate of the block is held here: f + 1 honest keepers have its body. */
  | { readonly type: "certified"; readonly blockId: BlockId; readonly certificate: AggregatedAttestation }
  | { readonly type: "prefinal"; readonly blockId: BlockId }
  | { readonly type: "invalid"; readonly blockId: BlockId; readonly reason: string }
  /** A BK called the block bad, with good signatures: it is executed, or was. */
  | { readonly type: "nacked"; readonly nack: SignedNack; readonly height: Height }
  /** Own execution found good what this BK called bad. */
  | { readonly type: "nackRefuted"; readonly keeper: KeeperId; readonly blockId: BlockId }
  /** Off the chain that became final. */
  | { readonly type: "dropped"; readonly blockIds: readonly BlockId[] }
  /** The producer of the term below is suspected, for this reason (S1). */
  | { readonly type: "suspected"; readonly term: Term; readonly reason: string }
  /** This keeper attests nothing below `term` any more. */
  | { readonly type: "termEntered"; readonly term: Term }
  /** Ascending by rank: left aside by the first block of `term`, and perhaps revived by a later one. */
  | { readonly type: "abandoned"; readonly term: Term; readonly blocks: readonly AbandonedBlock[] }
  /** Ascending: what the first block of a term stands on. Of these, what an earlier term left aside is revived (S6). */
  | { readonly type: "followed"; readonly blockIds: readonly BlockId[] }
  /** This keeper may produce in `term`, on `parent`, with this proof. */
  | {
      readonly type: "mayProduce";
      readonly term: Term;
      readonly parent: BlockFacts;
      readonly certificate: SwitchCertificate;
    }
  | { readonly type: "equivocation"; readonly first: BlockId; readonly second: SealedBlock }
  | { readonly type: "halted"; readonly reason: string };

/** What a step asks of its runner. Plain data; the outcome, where there is one, comes back as the named event. */
export type KeeperEffect =
  /** -> signaturesChecked. Producer, carried attestations, switch certificate. */
  | { readonly type: "checkSignatures"; readonly block: SealedBlock }
  /** -> executed. `parentId` is applied here. */
  | { readonly type: "execute"; readonly block: SealedBlock }
  /** -> ticketDrawn */
  | { readonly type: "drawTicket"; readonly blockId: BlockId }
  /** -> updateApplied. The parent is applied here. */
  | { readonly type: "applyUpdate"; readonly block: SealedBlock }
  /** A verifier's verdict that a block is good, to its producer. Nothing depends on it, so nothing comes back. */
  | {
      readonly type: "acknowledge";
      readonly to: KeeperId;
      readonly verdict: BlockVerdict;
      readonly ticket: Uint8Array;
    }
  /** -> nackForged */
  | { readonly type: "forgeNack"; readonly verdict: BlockVerdict; readonly reason: number }
  /** To everybody when `to` is null. */
  | { readonly type: "sendNack"; readonly to: KeeperId | null; readonly nack: SignedNack }
  /** -> verifyWindowOver */
  | { readonly type: "wakeAfter"; readonly forMs: number }
  /** -> committed, when all of it is on disk. Commits become durable in the order of their numbers. */
  | {
      readonly type: "commit";
      readonly commit: number;
      readonly blocks: readonly SealedBlock[];
      readonly vote: VoteState;
    }
  /** -> voteForged. The certificate is on disk: the forge records its rank before it signs. */
  | {
      readonly type: "forgeVote";
      readonly attestation: Attestation;
      readonly highestQc: AggregatedAttestation | null;
    }
  | { readonly type: "sendVote"; readonly to: KeeperId; readonly vote: SignedAttestation }
  /** To everybody when `to` is null. */
  | { readonly type: "sendSuspect"; readonly to: KeeperId | null; readonly term: Term }
  /** To everybody when `to` is null. */
  | { readonly type: "sendYield"; readonly to: KeeperId | null; readonly term: Term }
  /** -> lockForged */
  | { readonly type: "forgeLock"; readonly term: Term; readonly qc: AggregatedAttestation | null }
  | { readonly type: "sendLock"; readonly to: KeeperId | null; readonly lock: SignedLock }
  /** -> locksAggregated. Ascending by signer. */
  | { readonly type: "aggregateLocks"; readonly term: Term; readonly locks: readonly SignedLock[] }
  /** -> certificateCompleted */
  | {
      readonly type: "completeCertificate";
      readonly attestation: Attestation;
      readonly votes: readonly SignedAttestation[];
    }
  | { readonly type: "finalize"; readonly run: FinalizedRun }
  | { readonly type: "sendStatus"; readonly to: KeeperId | null }
  | {
      readonly type: "requestBlocks";
      readonly to: KeeperId;
      readonly fromHeight: Height;
      readonly tipId: BlockId | null;
    }
  | { readonly type: "penalize"; readonly peer: KeeperId; readonly cause: PenaltyCause; readonly detail: string }
  | { readonly type: "notify"; readonly notice: ChainNotice }
  /** The executed state of a block that fell away. */
  | { readonly type: "releaseStates"; readonly blockIds: readonly BlockId[] };
