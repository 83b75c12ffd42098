import type {
  AggregatedAttestation,
  AttestationTarget,
  BlockId,
  Height,
  SignedAttestation,
  SignerIndex,
  Term,
} from "@sealwright/types";
import type { StartOutcome, StartParams } from "./startParams.js";
import type { UnsealedBlock } from "./unsealedBlock.js";

/** Everything that can happen to a producer. */
export type ProducerEvent = { readonly atMs: number; readonly unixMs: number } & (
  | { readonly type: "start"; readonly params: StartParams }
  | { readonly type: "stop" }
  /** Go on in this term from the last block that this node can continue; nothing to a producer that produces in it. */
  | { readonly type: "prepare"; readonly term: Term }
  | { readonly type: "startFound"; readonly term: Term; readonly outcome: StartOutcome }
  | { readonly type: "parentApplied"; readonly blockId: BlockId }
  /** How many external messages wait, and whether another thread has final messages for this one. */
  | { readonly type: "workWaiting"; readonly messages: number; readonly imports: boolean }
  | { readonly type: "built"; readonly unsealed: UnsealedBlock; readonly messagesWaiting: number }
  /** The executor failed or refused; every message that was offered is back in the queue. */
  | { readonly type: "buildFailed" }
  /** These blocks can never be final: they are invalid, or a rival of theirs or of an ancestor is final. */
  | { readonly type: "abandoned"; readonly blockIds: readonly BlockId[] }
  /** The builder was replaced: what it had built is gone, and what it is asked now will fail. */
  | { readonly type: "builderLost" }
  | { readonly type: "sealRecorded"; readonly blockId: BlockId }
  | { readonly type: "sealSigned"; readonly blockId: BlockId; readonly signature: Uint8Array }
  /** The watermark or the signer refused: this producer cannot go on in its term. */
  | { readonly type: "sealRefused"; readonly blockId: BlockId; readonly code: string }
  /** Nothing was decided: the signer did not answer, or the queue was full. It is asked again. */
  | { readonly type: "sealFailed"; readonly blockId: BlockId; readonly code: string }
  /** A vote for an own block, from the keeper that it names. */
  | { readonly type: "vote"; readonly vote: SignedAttestation }
  | {
      readonly type: "aggregated";
      readonly blockId: BlockId;
      readonly target: AttestationTarget;
      readonly aggregate: AggregatedAttestation | null;
      readonly bad: readonly SignerIndex[];
    }
  | { readonly type: "certificate"; readonly certificate: AggregatedAttestation }
  /** To be carried by one of the next blocks, in its own encoding, until a block at `height` is final. */
  | { readonly type: "accusation"; readonly accusation: Uint8Array; readonly height: Height }
  | { readonly type: "final"; readonly height: Height }
  | { readonly type: "wake" }
);
