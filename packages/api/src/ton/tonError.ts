/** A refusal in the way of TON's own HTTP interface: the code is also the HTTP status. */
export class TonError extends Error {
  override readonly name = "TonError";

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** The caller asked for something that cannot be. */
export function badParam(name: string, allowed: string): TonError {
  return new TonError(422, `${name}: ${allowed}`);
}

/** As TON's tools read a refusal. */
export interface TonErrorJson {
  readonly ok: false;
  readonly error: string;
  readonly code: number;
}

export function tonErrorJson(code: number, error: string): TonErrorJson {
  return { ok: false, error, code };
}

/** Whether the answer to a request, also one that no handler saw, is for TON's tools. */
export function isForTon(url: string): boolean {
  return url.startsWith("/api/v2/");
}
