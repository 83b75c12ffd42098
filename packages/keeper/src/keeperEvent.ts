import type {
  AggregatedAttestation,
  Attestation,
  BlockId,
  Height,
  KeeperId,
  SealedBlock,
  SignedNack,
  SignedLock,
  SignerIndex,
  Term,
  ThreadStatus,
} from "@sealwright/types";

/** How execution of a block ended. Only `refuted` says anything about the block. */
export type ExecutionOutcome =
  | { readonly type: "valid" }
  | { readonly type: "refuted"; readonly reason: string }
  /** A block of another thread that a ref proves final is not here yet. */
  | { readonly type: "missingRef" }
  /** Execution itself failed and was restarted: ask again. */
  | { readonly type: "failed" };

/** What the forge said to a vote, a Lock or a verdict. */
export type ForgeOutcome =
  | { readonly type: "signed"; readonly signature: Uint8Array }
  /** The watermark or the signer said no: this vote is lost, nothing else changes. */
  | { readonly type: "refused"; readonly code: string }
  /** Nothing was decided: the signer did not answer, or the queue was full. Asked again while the vote matters. */
  | { readonly type: "failed"; readonly code: string };

/** Where a block came from: what may be taken for granted about it. */
export type BlockOrigin =
  | { readonly type: "peer"; readonly peer: KeeperId }
  /** Sealed by this node just now: executed while it was built. */
  | { readonly type: "own" }
  /** Recorded by this node before a restart and signed just now: not executed here, and stored without its signature. */
  | { readonly type: "resealed" }
  /** Read from the own disk after a restart. */
  | { readonly type: "store" };

/** Everything that can happen to a keeper of one thread. Times are the event's own: a step reads no clock. */
export type KeeperEvent = { readonly atMs: number; readonly unixMs: number } & (
  | { readonly type: "candidate"; readonly block: SealedBlock; readonly origin: BlockOrigin }
  | { readonly type: "signaturesChecked"; readonly blockId: BlockId; readonly valid: boolean }
  /** This keeper's ticket for a block: whether it verifies it. */
  | { readonly type: "ticketDrawn"; readonly blockId: BlockId; readonly outcome: ForgeOutcome }
  | { readonly type: "executed"; readonly blockId: BlockId; readonly outcome: ExecutionOutcome }
  | { readonly type: "updateApplied"; readonly blockId: BlockId; readonly outcome: ExecutionOutcome }
  /** Over its signer's link, its signatures found good. */
  | { readonly type: "nackVerified"; readonly nack: SignedNack }
  | { readonly type: "nackForged"; readonly blockId: BlockId; readonly outcome: ForgeOutcome }
  /** It is proved, to anybody, that a BK called a good block at this height bad. */
  | { readonly type: "wrongNackProved"; readonly signer: SignerIndex; readonly height: Height }
  /** The time is over that a block's verifiers have. */
  | { readonly type: "verifyWindowOver" }
  /** A certificate whose signatures were found good. */
  | {
      readonly type: "certificateVerified";
      readonly certificate: AggregatedAttestation;
      readonly from: KeeperId | null;
    }
  | { readonly type: "committed"; readonly commit: number }
  | { readonly type: "voteForged"; readonly attestation: Attestation; readonly outcome: ForgeOutcome }
  | { readonly type: "peerConnected"; readonly peer: KeeperId }
  /** Over the peer's own link, which is all that vouches for it. */
  | { readonly type: "suspectReceived"; readonly peer: KeeperId; readonly term: Term }
  /** Over the link of the keeper that it names, its shape found right, its signature not checked. */
  | { readonly type: "lockReceived"; readonly peer: KeeperId; readonly lock: SignedLock }
  /** Over the link of the producer whose word it is. */
  | { readonly type: "yieldReceived"; readonly peer: KeeperId; readonly term: Term }
  /** This keeper leads its share of the threads: it leaves the term that it would produce to the next one. */
  | { readonly type: "yield" }
  | { readonly type: "lockForged"; readonly term: Term; readonly outcome: ForgeOutcome }
  /** The sum of the Locks' signatures, or null with those that are bad. */
  | {
      readonly type: "locksAggregated";
      readonly term: Term;
      readonly signature: Uint8Array | null;
      readonly bad: readonly SignerIndex[];
    }
  /** Null when the votes do not make a certificate after all. */
  | {
      readonly type: "certificateCompleted";
      readonly blockId: BlockId;
      readonly certificate: AggregatedAttestation | null;
    }
  | { readonly type: "statusReceived"; readonly peer: KeeperId; readonly status: ThreadStatus }
  /** Another thread's final block moved on: what was blocked by a missing ref may go on. */
  | { readonly type: "otherThreadFinal"; readonly height: Height }
  /** It is proved, to anybody, that the producer of `term` broke the rules in that term. */
  | { readonly type: "producerFault"; readonly term: Term; readonly fault: string }
  /** The producer of `term` leaves out a message that it could take long ago, though there was room; told again as long as this is so. */
  | { readonly type: "censored"; readonly term: Term }
  | { readonly type: "tick" }
);
