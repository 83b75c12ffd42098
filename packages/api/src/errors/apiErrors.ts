/**
 * Every refusal of the API: its HTTP status, and whether the same request may succeed later without the client changing
 * anything. The list is closed: clients switch over it.
 */
export const API_ERRORS = {
  badRequest: { status: 400, retryable: false },
  malformedMessage: { status: 400, retryable: false },
  unknownRoute: { status: 404, retryable: false },
  unknownMessage: { status: 404, retryable: true },
  unknownThread: { status: 404, retryable: false },
  unknownBlock: { status: 404, retryable: true },
  genesisBlock: { status: 404, retryable: false },
  unknownAccount: { status: 404, retryable: true },
  nonceUsed: { status: 409, retryable: false },
  nonceTooHigh: { status: 409, retryable: true },
  notFinal: { status: 409, retryable: true },
  pruned: { status: 410, retryable: false },
  bodyTooLarge: { status: 413, retryable: false },
  messageTooLarge: { status: 413, retryable: false },
  batchTooLarge: { status: 413, retryable: false },
  unsupportedMediaType: { status: 415, retryable: false },
  wrongNetwork: { status: 422, retryable: false },
  wrongThread: { status: 422, retryable: false },
  badSignature: { status: 422, retryable: false },
  messageExpired: { status: 422, retryable: false },
  expiryTooFar: { status: 422, retryable: false },
  accountUnknown: { status: 422, retryable: false },
  insufficientFunds: { status: 422, retryable: false },
  notAdmissible: { status: 422, retryable: false },
  computeSkipped: { status: 422, retryable: false },
  queueFull: { status: 429, retryable: true },
  accountQueueFull: { status: 429, retryable: true },
  rateLimited: { status: 429, retryable: true },
  tooManyWaits: { status: 429, retryable: true },
  tooManySubscribers: { status: 429, retryable: true },
  internal: { status: 500, retryable: false },
  unavailable: { status: 503, retryable: true },
  shuttingDown: { status: 503, retryable: true },
} as const satisfies Record<string, { readonly status: number; readonly retryable: boolean }>;

/** One of `API_ERRORS`: what a client switches over. */
export type ApiErrorCode = keyof typeof API_ERRORS;

export const API_ERROR_CODES = Object.keys(API_ERRORS) as ApiErrorCode[];
