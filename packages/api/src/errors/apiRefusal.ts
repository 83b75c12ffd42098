import { API_ERRORS, type ApiErrorCode } from "./apiErrors.js";

/** JSON that says more about a refusal: ids, limits, the offending field. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** What is said besides code and message; `retryAfterMs` becomes the `Retry-After` header, in whole seconds. */
export interface ApiRefusalOptions {
  readonly details?: ErrorDetails;
  readonly retryAfterMs?: number;
}

/** Leaves a route handler as a refusal; the error handler alone turns it into an answer. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly details: ErrorDetails | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ApiErrorCode,
    message: string,
    options: ApiRefusalOptions = {},
  ) {
    super(message);
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }

  get statusCode(): number {
    return API_ERRORS[this.code].status;
  }

  /** Whole seconds for the Retry-After header, null where waiting does not help. */
  get retryAfterSeconds(): number | null {
    if (this.retryAfterMs !== undefined) return Math.max(1, Math.ceil(this.retryAfterMs / 1000));
    return RETRY_HINTED.has(this.statusCode) ? 1 : null;
  }
}

const RETRY_HINTED: ReadonlySet<number> = new Set([429, 503]);
