import { describeValue } from "./describeValue.js";

/** What a call that can fail in an expected way returns; the caller chooses what to do. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** A success, for a function that returns `Result`. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** An expected failure: a union on `code` mostly, with what the caller needs to act on it. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** For tests, constants and start-up, where a failure is our own bug. Throws with the error's JSON. */
export function unwrap<T, E>(result: Result<T, E>): T {
  if (result.ok) return result.value;
  throw new Error(`unexpected failure: ${describeValue(result.error)}`);
}
