import type { Result } from "@sealwright/types";
import type { KeyId } from "../keyId.js";
import type { ForgeRequest } from "../requests/forgeRequest.js";

/** What a signer may know of a call beside key and bytes. */
export interface SignOptions {
  /** Aborted when nobody waits any more: the call must settle soon after, though the device may sign all the same. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left; null for no limit but the signer's own. */
  readonly deadlineMs: number | null;
  /** What the bytes were made from, for signers that want to see the object. */
  readonly request?: ForgeRequest;
}

/** Tells a refusal from a connection that broke: only the latter may be tried again. */
export type SignFailureCode =
  | "unknownKey"
  /** The signer will not sign this: its own watermark, policy or magic-byte rule. Never a broken connection. */
  | "refusedBySigner"
  /** Not reached, or dropped before it had answered: the only failure after which the very same is asked again at once. */
  | "signerUnavailable"
  | "signerTimeout"
  /** The caller gave up. */
  | "aborted"
  /** What came back does not verify under the key. */
  | "badSignature"
  /** It answered, with an error or with nonsense. */
  | "signerFailed";

/** Why a signer gave no signature. */
export interface SignFailure {
  readonly code: SignFailureCode;
  readonly message: string;
  /** May the very same bytes be asked again? */
  readonly retryable: boolean;
  readonly cause?: unknown;
}

/**
 * Signs bytes for its keys. It hashes as the key's scheme demands and knows nothing of watermarks: only a ForgeWorker
 * asks it, after the mark is durable. All implementations pass `describeSigner` of ./testing/contracts.
 */
export interface Signer {
  /** For logs. */
  readonly name: string;
  /** Calls under way at once; Infinity where the signer queues by itself. */
  readonly concurrentMax: number;
  /**
   * When it was full, it is asked again once this few calls are under way; absent: as soon as one has ended. For a signer
   * that queues by itself: marks of all that are then asked together share one write.
   */
  readonly refillAt?: number;
  keys(): readonly KeyId[];
  /** Never throws for what a signer may meet; a throw is treated as `signerFailed`. */
  sign(key: KeyId, bytes: Uint8Array, options: SignOptions): Promise<Result<Uint8Array, SignFailure>>;
  close?(): Promise<void>;
}
