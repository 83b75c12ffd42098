import { err, ok, type Result } from "@sealwright/types";
import { authorizeClaim, STORE_CLOSED } from "./authorizeClaim.js";
import {
  applyRecord,
  type Claim,
  type MarkRecord,
  type Marks,
  type MarkScope,
  noMarks,
  parseScopeText,
  scopeText,
  signatureRecord,
} from "./marks.js";
import type { Authorized, GuardError, StoreFailure, WatermarkStore } from "./watermarkStore.js";

/** Forgets everything with its process: for tests and benchmarks only. */
export class MemoryWatermarkStore implements WatermarkStore {
  readonly #marks = new Map<string, Marks>();
  #closed = false;

  guard(claim: Claim): Promise<Result<Authorized, GuardError>> {
    if (this.#closed) return Promise.resolve(err({ kind: "failed", failure: STORE_CLOSED }));
    const scope = scopeText(claim.scope);
    const marks = this.#marks.get(scope) ?? noMarks(claim.scope.chain);
    const { record, answer } = authorizeClaim(marks, claim);
    if (record !== null) this.#marks.set(scope, applyRecord(marks, record));
    return Promise.resolve(answer);
  }

  remember(claim: Claim, signature: Uint8Array): void {
    const record = signatureRecord(claim, signature);
    if (!this.#closed && record !== null) this.#apply(claim.scope, [record]);
  }

  marksOf(scope: MarkScope): Promise<Result<Marks, StoreFailure>> {
    return Promise.resolve(ok(this.#marks.get(scopeText(scope)) ?? noMarks(scope.chain)));
  }

  scopes(): Promise<Result<readonly MarkScope[], StoreFailure>> {
    return Promise.resolve(ok([...this.#marks.keys()].map(parseScopeText).filter((scope) => scope !== null)));
  }

  raise(scope: MarkScope, records: readonly MarkRecord[]): Promise<Result<void, StoreFailure>> {
    if (this.#closed) return Promise.resolve(err(STORE_CLOSED));
    this.#apply(scope, records);
    return Promise.resolve(ok(undefined));
  }

  health(): { readonly ok: true } | { readonly ok: false; readonly failure: StoreFailure } {
    return this.#closed ? { ok: false, failure: STORE_CLOSED } : { ok: true };
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #apply(scope: MarkScope, records: readonly MarkRecord[]): void {
    const key = scopeText(scope);
    let marks = this.#marks.get(key) ?? noMarks(scope.chain);
    for (const record of records) marks = applyRecord(marks, record);
    this.#marks.set(key, marks);
  }
}
