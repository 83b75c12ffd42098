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
