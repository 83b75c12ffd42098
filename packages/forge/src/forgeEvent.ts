import type { BlockHeader } from "@sealwright/tezos";
import type { ForgeRequest, ForgeRequestKind, RequestId } from "./requests/forgeRequest.js";
import type { SignFailureCode } from "./signers/signer.js";
import type { Refusal } from "./watermarks/decision.js";
import type { WatermarkRefusalCode } from "./watermarks/marks.js";
import type { StoreFailureCode } from "./watermarks/watermarkStore.js";

/** Who asked, when several automatons share one worker: each reads only its own events. */
export type Origin = string;

interface OutcomeOf<Request> {
  readonly requestId: RequestId;
  readonly origin: Origin | null;
  readonly request: Request;
}

type Ready<Kind extends string, RequestKind extends ForgeRequestKind> = OutcomeOf<
  Extract<ForgeRequest, { kind: RequestKind }>
> & {
  readonly kind: Kind;
  /** Raw, without any prefix: 96 bytes of BLS, or 64 of the key's Tezos scheme. */
  readonly signature: Uint8Array;
  /** These bytes had been recorded before: the same signature again. */
  readonly repeated: boolean;
};

/** Signed, with the request as it was given. */
export type ReadyOutcome =
  | Ready<"blockReady", "candidateBlock">
  | Ready<"attestationReady", "attestation">
  | Ready<"lockReady", "lock">
  | Ready<"ackReady", "ack">
  | Ready<"nackReady", "nack">
  | Ready<"yieldReady", "yield">
  | Ready<"ticketReady", "ticket">
  | (Ready<"tezosBlockReady", "tezosBlock"> & {
      readonly header: BlockHeader;
      /** What the preparer added; null when the header came with the request. */
      readonly extra: unknown;
    })
  | Ready<"preattestationReady", "tezosPreattestation">
  | (Ready<"tezosAttestationReady", "tezosAttestation"> & {
      /** DAL content was asked for, but a tz4 key without a companion cannot sign it: inject the vote without. */
      readonly dalDropped: boolean;
    })
  | Ready<"tezosOperationReady", "tezosOperation">
  | Ready<"beaconBlockReady", "beaconBlock">
  | Ready<"beaconAttestationReady", "beaconAttestation">
  | Ready<"beaconOtherReady", "beaconOther">;

/** Why a request failed that no watermark refused: its signer, its store, its preparation, or a bug here. */
export type ForgeFailureCode = SignFailureCode | StoreFailureCode | "preparationFailed" | "internalError";

/** Not signed, and why. Refusing (a watermark says no) and failing (something does not work) are different things. */
export type NotReadyOutcome = OutcomeOf<ForgeRequest> &
  (
    | { readonly kind: "refused"; readonly refusal: Refusal<WatermarkRefusalCode> }
    | {
        readonly kind: "failed";
        readonly code: ForgeFailureCode;
        readonly message: string;
        readonly retryable: boolean;
        readonly cause?: unknown;
      }
    /** The worker was told to; nothing was recorded, so it may be asked again. */
    | { readonly kind: "cancelled"; readonly running: boolean }
    /** `signing`: the deadline passed while a signer had it, which may sign all the same; its mark stands. */
    | { readonly kind: "expired"; readonly phase: "waiting" | "preparing" | "signing" | "shedForNewerVote" }
  );

/** Exactly one for every accepted request. */
export type ForgeOutcome = ReadyOutcome | NotReadyOutcome;

/**
 * What a subscriber reads. `cursor` rises by one with every outcome of the worker; pass the last one seen to resume.
 * `gap`: this many outcomes passed while the subscriber's buffer was full, or before it came back.
 */
export type ForgeEvent =
  | (ForgeOutcome & { readonly cursor: number })
  | { readonly kind: "gap"; readonly missed: number; readonly cursor: number };
