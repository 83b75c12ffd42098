import type { BlockFacts } from "@sealwright/consensus";
import type { AggregatedAttestation, BlockId, SealedBlock, SwitchCertificate, Term } from "@sealwright/types";

/** What this node can continue in a term in which it is the producer. */
export type StartOutcome =
  | { readonly type: "start"; readonly params: StartParams }
  /** The block to continue is known and not applied here yet. */
  | { readonly type: "waitForParent"; readonly parentId: BlockId }
  /** A chain of its own that can go on is not here: only another term helps. */
  | { readonly type: "nothing" };

/** What a producer is told to do. */
export interface StartParams {
  readonly term: Term;
  /** The block to continue: the certificate's, or the own last sealed one after a restart. Applied on this node. */
  readonly parent: BlockFacts;
  /** Proof of a valid start in a term above 0; needed only while the term has no block yet. */
  readonly switchCertificate: SwitchCertificate | null;
  /** Own sealed blocks that nobody certified yet, ascending: announced again after a restart. */
  readonly tail: readonly { readonly block: SealedBlock; readonly facts: BlockFacts }[];
  /** Known certificates of blocks of the tail. */
  readonly certificates: readonly AggregatedAttestation[];
  /** A block that was recorded and perhaps signed before a crash, but never left: it and no other may stand there. */
  readonly draft: SealedBlock | null;
}
