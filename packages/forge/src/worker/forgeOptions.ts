import type { Clock, Logger } from "@sealwright/types";
import type { ForgeOutcome, Origin } from "../forgeEvent.js";
import type { KeyId } from "../keyId.js";
import type { BlockPreparer } from "../preparation/blockPreparer.js";
import type { RequestId } from "../requests/forgeRequest.js";
import type { Signer } from "../signers/signer.js";
import type { ImportedMarks } from "../watermarks/exchange/imported.js";
import type { WatermarkStore } from "../watermarks/watermarkStore.js";

/** Limits of a forge, and what is known of its keys' past. All times in milliseconds, all limits optional. */
export interface ForgeWorkerOptions {
  /** Tasks that may wait for one key. */
  readonly waitingPerKeyMax?: number;
  /** Tasks that may wait altogether. */
  readonly waitingMax?: number;
  /** A watermark store that has not answered after this long has failed, whatever the request's deadline. */
  readonly storeTimeoutMs?: number;
  /** A signer that has not answered after this long has failed, whatever the request's deadline. */
  readonly signTimeoutMs?: number;
  /** A block that its preparer has not made ready after this long has failed, whatever the request's deadline. */
  readonly prepareTimeoutMs?: number;
  /** Keys that are known to have signed before, here or elsewhere: without any mark in the store the start is refused. */
  readonly keysWithHistory?: readonly KeyId[];
  /** What is known from elsewhere (the chain, another log): marks are raised to it, in case the store is an old copy. */
  readonly knownMarks?: readonly ImportedMarks[];
  /** Start although such a key has no mark: for one who knows that its old watermarks are safely in the past. */
  readonly acceptMissingHistory?: boolean;
}

/** What a forge is given to work with. It closes none of it. */
export interface ForgeWorkerDependencies {
  /** Each key belongs to exactly one of them. */
  readonly signers: readonly Signer[];
  /** Owned by the caller, who closes it after the worker. */
  readonly watermarks: WatermarkStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Needed only for Tezos blocks that are not given as headers. */
  readonly blockPreparer?: BlockPreparer;
}

/** Two signers hold one key: which of them should sign is not for the forge to guess. */
export interface DuplicateKey {
  readonly code: "duplicateKey";
  readonly key: KeyId;
  readonly message: string;
}

/** Why a forge does not start: nothing is signed before its keys, their history and its store are in order. */
export type StartError =
  | DuplicateKey
  | { readonly code: "historyMissing"; readonly keys: readonly KeyId[]; readonly message: string }
  | { readonly code: "watermarksUnavailable"; readonly message: string; readonly cause?: unknown };

/** How long a stop waits for signers that do not answer. */
export interface ShutdownOptions {
  /** So long running requests are awaited; then they end as `cancelled`. For ever unless told. */
  readonly runningMsMax?: number;
}

/** Who asks, until when, and how the request is taken back. */
export interface PushOptions {
  /** Takes a waiting or preparing request back; a running one is awaited no longer. */
  readonly signal?: AbortSignal;
  /** How long from now the outcome is of use. Earlier deadlines go first; a late task ends as `expired`. */
  readonly deadlineMs?: number;
  readonly origin?: Origin;
}

/**
 * Why a request was not accepted: the forge stops, its limits are reached, no signer holds the key, or it makes no
 * sense.
 */
export type PushErrorCode =
  "forgeUnavailable" | "queueFull" | "tooManyWaiting" | "unknownKey" | "malformedRequest" | "aborted";

/** Not accepted: no event will follow. */
export interface PushError {
  readonly code: PushErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

/** The request is in its queue; exactly one outcome with this id follows. */
export interface Accepted {
  readonly requestId: RequestId;
}

/** What `forge` resolves with: the outcome, or that the request was not accepted. */
export type ForgeResult = ForgeOutcome | { readonly kind: "notAccepted"; readonly error: PushError };

/** Counts of this moment, for metrics and readiness checks; `accepted` and `outcomes` since the start. */
export interface ForgeStatus {
  readonly phase: "open" | "closing" | "closed";
  readonly keys: number;
  readonly queues: number;
  readonly waiting: number;
  readonly running: number;
  readonly accepted: number;
  /** Accepted requests by the kind of their outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}
