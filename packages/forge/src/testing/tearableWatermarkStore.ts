import { err, ok, type Result } from "@sealwright/types";
import { authorizeClaim, STORE_CLOSED } from "../watermarks/authorizeClaim.js";
import type { LogEntry } from "../watermarks/file/logFormat.js";
import { type LogContents, type LogCorruption, readLog } from "../watermarks/file/readLog.js";
import {
  applyRecord,
  type Claim,
  type MarkRecord,
  type Marks,
  type MarkScope,
  noMarks,
  parseScopeText,
  type ScopeText,
  scopeText,
  signatureRecord,
} from "../watermarks/marks.js";
import type { Authorized, GuardError, StoreFailure, WatermarkStore } from "../watermarks/watermarkStore.js";
import type { TearableLog } from "./tearableLog.js";

/** How a simulated disk writes: resolves when what was begun is durable, never after a crash, rejects when it cannot. */
export type WriteSynced = () => Promise<void> | void;

interface Waiting {
  readonly entries: readonly LogEntry[];
  readonly settle: (failure: StoreFailure | null) => void;
}

/**
 * Marks in the format and with the rules of the file store, on a simulated disk: decided in memory, and answered when the
 * log has them, together with all that gathered meanwhile. A write that fails is the end of the store until a new start.
 */
export class TearableWatermarkStore implements WatermarkStore {
  /** Of a commit that was under way when the power went; they are cut now. */
  readonly tornBytes: number;
  readonly #log: TearableLog;
  readonly #write: WriteSynced;
  readonly #marks: Map<ScopeText, Marks>;
  readonly #indexes: Map<ScopeText, number>;
  #nextSeq: bigint;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | null = null;
  #failure: StoreFailure | null = null;

  private constructor(log: TearableLog, write: WriteSynced, contents: LogContents) {
    this.#log = log;
    this.#write = write;
    this.#marks = contents.marks;
    this.#indexes = contents.indexes;
    this.#nextSeq = contents.nextSeq;
    this.tornBytes = contents.tornBytes;
  }

  /** @param beforeCut called, and awaited, when a torn tail is about to be cut: afterwards nothing shows it any more */
  static async open(
    log: TearableLog,
    { write, beforeCut }: { readonly write: WriteSynced; readonly beforeCut: () => Promise<void> },
  ): Promise<Result<TearableWatermarkStore, LogCorruption>> {
    const contents = readLog(log.read());
    if (!contents.ok) return contents;
    if (contents.value.tornBytes > 0) {
      await beforeCut();
      await write();
      log.cut();
    }
    return ok(new TearableWatermarkStore(log, write, contents.value));
  }

  guard(claim: Claim): Promise<Result<Authorized, GuardError>> {
    if (this.#failure !== null) return Promise.resolve(err({ kind: "failed", failure: this.#failure }));
    const marks = this.#marks.get(scopeText(claim.scope)) ?? noMarks(claim.scope.chain);
    const { record, answer } = authorizeClaim(marks, claim);
    if (!answer.ok) return Promise.resolve(answer);
    // Without a record of its own it still waits: the one that it repeats may be on its way to the disk.
    return this.#durable(record === null ? [] : this.#record(claim.scope, [record]), (failure) =>
      failure === null ? answer : err({ kind: "failed", failure }),
    );
  }

  remember(claim: Claim, signature: Uint8Array): void {
    const record = signatureRecord(claim, signature);
    if (record === null || this.#failure !== null) return;
    void this.#durable(this.#record(claim.scope, [record]), () => undefined);
  }

  marksOf(scope: MarkScope): Promise<Result<Marks, StoreFailure>> {
    return Promise.resolve(ok(this.#marks.get(scopeText(scope)) ?? noMarks(scope.chain)));
  }

  scopes(): Promise<Result<readonly MarkScope[], StoreFailure>> {
    return Promise.resolve(ok([...this.#marks.keys()].map(parseScopeText).filter((scope) => scope !== null)));
  }

  raise(scope: MarkScope, records: readonly MarkRecord[]): Promise<Result<void, StoreFailure>> {
    if (this.#failure !== null) return Promise.resolve(err(this.#failure));
    return this.#durable(this.#record(scope, records), (failure) => (failure === null ? ok(undefined) : err(failure)));
  }

  health(): { readonly ok: true } | { readonly ok: false; readonly failure: StoreFailure } {
    return this.#failure === null ? { ok: true } : { ok: false, failure: this.#failure };
  }

  async close(): Promise<void> {
    this.#failure ??= STORE_CLOSED;
    await this.#committing;
  }

  #record(scope: MarkScope, records: readonly MarkRecord[]): LogEntry[] {
    const text = scopeText(scope);
    const entries: LogEntry[] = [];
    const index = this.#indexes.get(text) ?? this.#indexes.size;
    if (!this.#indexes.has(text)) {
      this.#indexes.set(text, index);
      entries.push({ type: "scope", index, scope: text });
    }
    let marks = this.#marks.get(text) ?? noMarks(scope.chain);
    for (const record of records) {
      marks = applyRecord(marks, record);
      entries.push({ type: "record", index, record });
    }
    this.#marks.set(text, marks);
    return entries;
  }

  #durable<T>(entries: readonly LogEntry[], answer: (failure: StoreFailure | null) => T): Promise<T> {
    if (entries.length === 0 && this.#committing === null) return Promise.resolve(answer(null));
    return new Promise((resolve) => {
      this.#waiting.push({ entries, settle: (failure) => resolve(answer(failure)) });
      this.#committing ??= Promise.resolve().then(() => this.#commitAll());
    });
  }

  async #commitAll(): Promise<void> {
    let failure: StoreFailure | null = null;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const entries = batch.flatMap((waiting) => waiting.entries);
      if (entries.length > 0) failure ??= await this.#append(entries);
      for (const { settle } of batch) settle(failure);
    }
    this.#committing = null;
  }

  async #append(entries: readonly LogEntry[]): Promise<StoreFailure | null> {
    this.#log.begin(this.#nextSeq, entries);
    try {
      await this.#write();
    } catch (cause) {
      // Nobody knows what is on the disk now: only reading it anew tells.
      this.#failure = { code: "storeFailed", message: "a watermark could not be written", retryable: false, cause };
      return this.#failure;
    }
    this.#log.finish();
    this.#nextSeq += 1n;
    return null;
  }
}
