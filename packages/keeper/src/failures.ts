/** How often a block's execution failed here, which says nothing about the block; and when it may be tried again, monotonic. */
export interface Failures {
  readonly times: number;
  readonly retryAtMs: number;
}

export const NO_FAILURES: Failures = { times: 0, retryAtMs: 0 };

const RETRY_MS = { first: 100, max: 30_000 };

/** It may have failed because of the block: one that ends its worker each time may not take all the time there is. */
export function failedAgain({ times }: Failures, atMs: number): Failures {
  return { times: times + 1, retryAtMs: atMs + Math.min(RETRY_MS.first * 2 ** times, RETRY_MS.max) };
}
