import type { Refusal } from "../watermarks/decision.js";

/** Every reason for which the service says no, with its HTTP status; metrics count by these names. */
export const REFUSAL_STATUS = {
  // The request itself.
  badJson: 400,
  notHex: 400,
  badQuery: 400,
  empty: 400,
  wrongMagicByte: 400,
  trailingBytes: 400,
  negativeNumber: 400,
  undecodable: 400,
  wrongFormForKey: 400,
  malformedRequest: 400,
  signingRootMismatch: 400,
  unsupportedType: 400,
  unsupportedVersion: 400,
  badRequest: 400,
  bodyTooLarge: 413,
  unknownRoute: 404,
  // Who asks.
  authenticationMissing: 401,
  authenticationInvalid: 401,
  browserRequest: 403,
  // What may be signed.
  unknownKey: 404,
  keyStopped: 403,
  kindNotAllowed: 403,
  chainNotAllowed: 403,
  tooManyChains: 403,
  notAllowed: 403,
  // Watermarks, by their own codes.
  watermark: 403,
  /** The same in the words of the other protocol. */
  slashing: 412,
  // What does not work now.
  queueFull: 429,
  tooManyWaiting: 429,
  refusedBySigner: 403,
  signerUnavailable: 502,
  badSignature: 502,
  signerFailed: 502,
  signerTimeout: 504,
  expired: 504,
  cancelled: 503,
  aborted: 503,
  storeFailed: 503,
  storeTimeout: 504,
  notLeaseHolder: 503,
  storeClosed: 503,
  forgeUnavailable: 503,
  draining: 503,
  internal: 500,
} as const;
export type RefusalReason = keyof typeof REFUSAL_STATUS;

/** These stand for a watermark's own codes. */
export const WATERMARK_REASONS: ReadonlySet<string> = new Set<RefusalReason>(["watermark", "slashing"]);

const RETRYABLE: ReadonlySet<RefusalReason> = new Set([
  "queueFull",
  "tooManyWaiting",
  "signerUnavailable",
  "storeTimeout",
  "signerTimeout",
  "expired",
  "cancelled",
  "aborted",
  "notLeaseHolder",
  "forgeUnavailable",
  "draining",
]);

export interface RefusalJson {
  readonly code: string;
  readonly message: string;
  /** May the very same bytes be asked again? */
  readonly retryable: boolean;
  /** Of a watermark: what is recorded, and stands against it. */
  readonly record?: Refusal["recorded"];
}

/** What an asker is told instead of a signature. */
export class ServiceRefusal extends Error {
  override readonly name = "ServiceRefusal";
  readonly statusCode: number;
  readonly retryable: boolean;

  constructor(
    readonly reason: RefusalReason,
    message: string,
    /** A watermark's own word. */
    readonly refusal: Refusal | null = null,
    /** Where whoever failed knows better than the reason tells. */
    retryable = RETRYABLE.has(reason),
  ) {
    super(message);
    this.statusCode = REFUSAL_STATUS[reason];
    this.retryable = retryable;
  }

  /** What metrics count it as. */
  get code(): string {
    return this.refusal?.code ?? this.reason;
  }

  toJson(): RefusalJson {
    const { code, message, retryable, refusal } = this;
    return { code, message, retryable, ...(refusal === null ? {} : { record: refusal.recorded }) };
  }
}

export const DRAINING_TEXT = "this service is stopping: ask another one, or this one when it runs again";

/** @param name as the asker wrote it, cut to a length that a key may have */
export function unknownKey(name: string): ServiceRefusal {
  return new ServiceRefusal(
    "unknownKey",
    `no key ${name} is served here: ask for one that the service named at its start, or add this one to its configuration and reload`,
  );
}

/** @param name of a key that is served, and must not sign */
export function keyStopped(name: string): ServiceRefusal {
  return new ServiceRefusal(
    "keyStopped",
    `${name} is stopped in the configuration: take \`enabled: false\` away and reload if it shall sign again`,
  );
}
