/** Why a call has no answer. */
export type CryptoErrorCode =
  /** as many jobs as allowed are waiting: slow down, then ask again */
  | "queueFull"
  /** more keys or signatures in one job than allowed */
  | "jobTooLarge"
  /** the caller's signal fired; `cause` is its reason */
  | "aborted"
  /** the worker died with the job on it and is replaced; the job may have been the reason */
  | "workerDied"
  /** workers died again and again without one answer: something is wrong with the installation */
  | "workersBroken"
  /** asked after, or interrupted by, the end of the service */
  | "closed"
  /** asked to sign with a key that was not handed over at the start */
  | "unknownKey";

const RETRYABLE: Readonly<Record<CryptoErrorCode, boolean>> = {
  queueFull: true,
  jobTooLarge: false,
  aborted: false,
  workerDied: true,
  workersBroken: false,
  closed: false,
  unknownKey: false,
};

/** The service could not answer. A bad signature is an answer, never this. */
export class CryptoError extends Error {
  override readonly name = "CryptoError";
  readonly code: CryptoErrorCode;
  readonly retryable: boolean;

  constructor(code: CryptoErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.retryable = RETRYABLE[code];
  }
}
