/** SHA-256 of the signed bytes, 64 hex digits: two requests are the same exactly when these are equal. */
export type Digest = string;

/**
 * What the marks of one scope say to one claim.
 * `sign`: nothing contradicts it; the record must be durable before a signer hears of it.
 * `again`: these very bytes were recorded before; `record` is set when the request still raises something.
 * `refused`: signing would contradict `recorded`, or nobody could prove that it does not.
 */
export type Decision<Record, Code extends string> =
  | { readonly kind: "sign"; readonly record: Record }
  | { readonly kind: "again"; readonly record: Record | null; readonly signature: Uint8Array | null }
  | { readonly kind: "refused"; readonly refusal: Refusal<Code> };

/** Why a watermark refused, with the record that did: printable, for answers and logs. */
export interface Refusal<Code extends string = string> {
  readonly code: Code;
  readonly message: string;
  /** The mark that refused, in words of its chain; numbers as decimal strings. */
  readonly recorded: Readonly<Record<string, string | boolean | null>>;
}
