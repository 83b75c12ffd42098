import type { ApiErrorCode } from "../errors/apiErrors.js";
import type { ErrorAnswerJson } from "../json/errorJson.js";

/** A refusal of the node, or a failure to reach it or to understand it. */
export type ApiClientErrorCode = ApiErrorCode | "unreachable" | "aborted" | "badAnswer";

/** What is known besides code and text; see the fields of `ApiClientError`. */
export interface ApiClientErrorOptions extends ErrorOptions {
  readonly status?: number;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Why a call failed: all that `SealwrightClient` throws.
 * `details` are the node's own, such as `hash`; empty when it did not answer.
 */
export class ApiClientError extends Error {
  override readonly name = "ApiClientError";
  /** HTTP status, null when there was no answer. */
  readonly status: number | null;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ApiClientErrorCode,
    message: string,
    options: ApiClientErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.status = options.status ?? null;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.details = options.details ?? {};
  }
}

/** The refusal in an answer of status 400 or above. */
export function refusalIn(status: number, retryAfter: string | undefined, body: string): ApiClientError {
  const error = parseError(body);
  if (error === null)
    return new ApiClientError("badAnswer", `status ${status} without an error that can be read`, { status });
  const seconds = retryAfter === undefined ? NaN : Number(retryAfter);
  return new ApiClientError(error.code, error.message, {
    status,
    retryable: error.retryable,
    ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
    ...(error.details === undefined ? {} : { details: error.details }),
  });
}

function parseError(body: string): ErrorAnswerJson["error"] | null {
  try {
    const { error } = JSON.parse(body) as Partial<ErrorAnswerJson>;
    return typeof error?.code === "string" && typeof error.message === "string" ? error : null;
  } catch {
    return null;
  }
}
