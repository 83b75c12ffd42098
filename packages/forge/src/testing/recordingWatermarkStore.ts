import { err, type Result } from "@sealwright/types";
import { type Claim, type MarkRecord, type Marks, type MarkScope } from "../watermarks/marks.js";
import { MemoryWatermarkStore } from "../watermarks/memoryWatermarkStore.js";
import type { Authorized, GuardError, StoreFailure, WatermarkStore } from "../watermarks/watermarkStore.js";

/** Memory marks that note every claim in order, and that can be made slow or broken. */
export class RecordingWatermarkStore implements WatermarkStore {
  readonly claims: Claim[] = [];
  readonly #inner = new MemoryWatermarkStore();
  #failure: StoreFailure | null = null;
  #gate: Promise<void> = Promise.resolve();

  failWith(failure: StoreFailure | null): void {
    this.#failure = failure;
  }

  /** Claims wait until the returned function is called: nothing is durable before. */
  hold(): () => void {
    let open: () => void = () => undefined;
    this.#gate = new Promise((resolve) => (open = resolve));
    return open;
  }

  async guard(claim: Claim): Promise<Result<Authorized, GuardError>> {
    this.claims.push(claim);
    if (this.#failure !== null) return err({ kind: "failed", failure: this.#failure });
    const answer = this.#inner.guard(claim);
    await this.#gate;
    return answer;
  }

  remember(claim: Claim, signature: Uint8Array): void {
    this.#inner.remember(claim, signature);
  }

  marksOf(scope: MarkScope): Promise<Result<Marks, StoreFailure>> {
    return this.#inner.marksOf(scope);
  }

  scopes(): Promise<Result<readonly MarkScope[], StoreFailure>> {
    return this.#inner.scopes();
  }

  raise(scope: MarkScope, records: readonly MarkRecord[]): Promise<Result<void, StoreFailure>> {
    return this.#inner.raise(scope, records);
  }

  health(): { readonly ok: true } | { readonly ok: false; readonly failure: StoreFailure } {
    return this.#failure === null ? this.#inner.health() : { ok: false, failure: this.#failure };
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
