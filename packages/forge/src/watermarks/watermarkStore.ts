import type { Result } from "@sealwright/types";
import type { Refusal } from "./decision.js";
import type { Claim, MarkRecord, Marks, MarkScope, WatermarkRefusalCode } from "./marks.js";

/** The store allows it, and what it knows is durable. */
export interface Authorized {
  /** `first`: recorded now. `again`: these bytes were recorded before, with their signature if it is still known. */
  readonly kind: "first" | "again";
  readonly signature: Uint8Array | null;
}

/** Why a store recorded nothing, or cannot say whether it did. */
export type StoreFailureCode =
  /** A write failed, or an earlier one did and the store does not trust its file any more. */
  | "storeFailed"
  /** It has not answered in time; what it was asked to record may be recorded. */
  | "storeTimeout"
  /** Another instance holds the lease; this one may be asked again. */
  | "notLeaseHolder"
  | "storeClosed";

/** The store could not make anything durable: nothing may be signed. */
export interface StoreFailure {
  readonly code: StoreFailureCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly cause?: unknown;
}

/** A promise stands against it, or the store could not record it; either way nothing may be signed. */
export type GuardError =
  | { readonly kind: "refused"; readonly refusal: Refusal<WatermarkRefusalCode> }
  | { readonly kind: "failed"; readonly failure: StoreFailure };

/**
 * What keys have promised. Marks never fall. All implementations pass `describeWatermarkStore` of ./testing/contracts.
 * Calls for one scope are decided in the order in which they were made.
 */
export interface WatermarkStore {
  /**
   * Decides and records in one step. When it resolves with a value, the record survives a crash: only then may a
   * signer be asked.
   */
  guard(claim: Claim): Promise<Result<Authorized, GuardError>>;
  /** Keeps the signature for whoever asks for the same bytes again. Best effort: losing it loses no promise. */
  remember(claim: Claim, signature: Uint8Array): void;
  /** The marks of one scope as decisions see them now. */
  marksOf(scope: MarkScope): Promise<Result<Marks, StoreFailure>>;
  /** Every scope with a mark, for exports and checks; a copy. */
  scopes(): Promise<Result<readonly MarkScope[], StoreFailure>>;
  /** Raises marks durably, as an import does. Nothing is lowered whatever the records say. */
  raise(scope: MarkScope, records: readonly MarkRecord[]): Promise<Result<void, StoreFailure>>;
  /** Can it write now? For readiness checks. */
  health(): { readonly ok: true } | { readonly ok: false; readonly failure: StoreFailure };
  /** Waits for what is under way, then lets go of files and connections. Twice is once. */
  close(): Promise<void>;
}
