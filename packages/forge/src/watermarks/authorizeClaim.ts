import { err, ok, type Result } from "@sealwright/types";
import { type Claim, decide, type MarkRecord, type Marks } from "./marks.js";
import type { Authorized, GuardError, StoreFailure } from "./watermarkStore.js";

/** What every store says once it is closed. */
export const STORE_CLOSED: StoreFailure = {
  code: "storeClosed",
  message: "the watermark store is closed",
  retryable: false,
};

export const AUTHORIZED_FIRST: Result<Authorized, GuardError> = ok({ kind: "first", signature: null });

export interface ClaimAnswer {
  /** To be made durable before the answer is given; null when nothing rises. */
  readonly record: MarkRecord | null;
  readonly answer: Result<Authorized, GuardError>;
}

/** Pure: the marks' decision about a claim, in the words of a store. */
export function authorizeClaim(marks: Marks, claim: Claim): ClaimAnswer {
  const decision = decide(marks, claim);
  switch (decision.kind) {
    case "refused":
      return { record: null, answer: err(decision) };
    case "sign":
      return { record: decision.record, answer: AUTHORIZED_FIRST };
    case "again":
      return { record: decision.record, answer: ok({ kind: "again", signature: decision.signature }) };
  }
}
