import { type Clock, err, type Logger, ok, type Result, type Timer } from "@sealwright/types";
import { mkdir, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { authorizeClaim, STORE_CLOSED } from "../authorizeClaim.js";
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
} from "../marks.js";
import { ScopeTexts } from "../scopeTexts.js";
import type { Authorized, GuardError, StoreFailure, WatermarkStore } from "../watermarkStore.js";
import { DirectoryLock, type LockHeld } from "./directoryLock.js";
import {
  checkWritten,
  type DurableFile,
  type OpenDurableFile,
  syncDirectory,
  type WrittenFile,
} from "./durableFile.js";
import { encodeFrame, type LogEntry } from "./logFormat.js";
import {
  corruptionMessage,
  type FileWatermarkDependencies,
  type FileWatermarkOptions,
  LOG_NAME,
  NEXT_LOG_NAME,
  type OpenedLog,
  openLog,
  type OpenReport,
  writeLog,
} from "./openLog.js";
import type { LogCorruption } from "./readLog.js";
import { ScopeTranslation } from "./scopeTranslation.js";
import { Snapshot } from "./snapshot.js";
import { SuccessorLog } from "./successorLog.js";

/** Why a folder of watermarks does not open; nothing in it was changed. */
export type OpenWatermarksError =
  | LockHeld
  | ({ readonly path: string; readonly message: string } & LogCorruption)
  | { readonly code: "storeUnreadable"; readonly path: string; readonly message: string; readonly cause: unknown };

/** What gathers until the next commit: one write for all of it, and one promise for all who wait for that. */
class Batch {
  entries: LogEntry[] = [];
  askers = 0;
  readonly committed: Promise<StoreFailure | null>;
  settle: (failure: StoreFailure | null) => void = () => undefined;

  constructor() {
    this.committed = new Promise((resolve) => (this.settle = resolve));
  }
}

/** Where a log goes on that was made from marks. */
interface TakenOver {
  readonly endOffset: number;
  readonly nextSeq: bigint;
  readonly sizeBytes: number;
  readonly translation: ScopeTranslation;
  /** Was it made while the other one was in use? */
  readonly beside: boolean;
}

/** Filled so far, a new log is begun beside the present one: the rest is room for what comes until that is whole. */
const SUCCESSOR_FROM = 0.75;
/** Smaller logs are rewritten when they are full: that takes no longer than a few commits. */
const SUCCESSOR_BYTES_MIN = 32 * 1024;
const NOT_REPLACED = "the watermark log could not be replaced; restart to read the marks anew";

/**
 * So many claims of one turn start their write at once, while the turn goes on to claim: signers have work when it ends.
 * Fewer wait for the turn's end, and share one write.
 */
const EARLY_BATCH = 16;
/** How long a signature waits for a claim to be written with: after this it goes by itself. */
const UNHURRIED_MS = 50;
const LOCK_UNKNOWN: StoreFailure = {
  code: "storeFailed",
  message: "the lock of the watermark directory cannot be read now",
  retryable: true,
};
const LOCK_LOST =
  "the lock of the watermark directory is another process's, or gone with its folder; end all but one process on it and see that its files are there, then restart";

/**
 * Marks in one append-only file. Decisions are made in memory at once; what they record is written by whoever comes
 * next, together with everything that gathered meanwhile: many keys share one sync. Nothing is answered before.
 */
export class FileWatermarkStore implements WatermarkStore {
  readonly report: OpenReport;
  readonly #directory: string;
  readonly #logSizeBytes: number;
  readonly #openFile: OpenDurableFile;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #lock: DirectoryLock;
  readonly #marks: Map<ScopeText, Marks>;
  readonly #scopeTexts = new ScopeTexts();
  #indexes: Map<ScopeText, number>;
  #file: DurableFile;
  #capacityBytes: number;
  #endOffset: number;
  #nextSeq: bigint;
  #gathering: Batch | null = null;
  /** Recorded in memory but not on disk, because a commit failed: they go with the next one. */
  #backlog: LogEntry[] = [];
  /** Signatures wait for company: losing them loses no promise. */
  #unhurried: LogEntry[] = [];
  #unhurriedTimer: Timer | null = null;
  /** Until all that waits is on disk, from the first claim on. */
  #committing: Promise<void> | null = null;
  #isWriting = false;
  /** Written while the present log fills up. */
  #successor: SuccessorLog | null = null;
  /** One could not be written: the next one is begun when the log has been rewritten. */
  #isSuccessorBarred = false;
  #failure: StoreFailure | null = null;
  #closing: Promise<void> | null = null;

  private constructor(opened: OpenedLog, dependencies: FileWatermarkDependencies) {
    this.report = opened.report;
    this.#directory = opened.directory;
    this.#logSizeBytes = opened.logSizeBytes;
    this.#openFile = opened.openFile;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#lock = opened.lock;
    this.#marks = opened.contents.marks;
    this.#indexes = opened.contents.indexes;
    this.#nextSeq = opened.contents.nextSeq;
    this.#endOffset = opened.contents.endOffset;
    this.#file = opened.file;
    this.#capacityBytes = opened.capacityBytes;
  }

  /**
   * Locks the directory and reads what is there. A torn tail (a commit cut off by a crash; nothing was signed for it)
   * is cut; anything else that does not read stops the start with a message that says what to do.
   */
  static async open(
    options: FileWatermarkOptions,
    dependencies: FileWatermarkDependencies,
  ): Promise<Result<FileWatermarkStore, OpenWatermarksError>> {
    const path = join(options.directory, LOG_NAME);
    try {
      const made = await mkdir(options.directory, { recursive: true, mode: 0o700 });
      // Without this a power cut may take the whole new directory with it.
      if (made !== undefined) await syncDirectory(dirname(made));
      const lock = await DirectoryLock.acquire(options.directory, dependencies.clock);
      if (!lock.ok) return lock;
      const opened = await openLog(options, dependencies, lock.value).catch(async (error: unknown) => {
        await lock.value.release();
        throw error;
      });
      if (opened.ok) return ok(new FileWatermarkStore(opened.value, dependencies));
      await lock.value.release();
      return err({ ...opened.error, path, message: corruptionMessage(path, opened.error) });
    } catch (cause) {
      return err({ code: "storeUnreadable", path, message: `cannot open ${path}: ${String(cause)}`, cause });
    }
  }

  guard(claim: Claim): Promise<Result<Authorized, GuardError>> {
    const broken = this.#brokenBy();
    if (broken !== null) return Promise.resolve(err({ kind: "failed", failure: broken }));
    const scope = this.#scopeTexts.textOf(claim.scope);
    const marks = this.#marks.get(scope) ?? noMarks(claim.scope.chain);
    const { record, answer } = authorizeClaim(marks, claim);
    if (!answer.ok) return Promise.resolve(answer);
    // Without a record of its own it still waits: the one that it repeats may be on its way to the disk.
    return this.#durable(record === null ? [] : this.#record(scope, marks, [record])).then((failure) =>
      failure === null ? answer : err({ kind: "failed", failure }),
    );
  }

  remember(claim: Claim, signature: Uint8Array): void {
    const record = signatureRecord(claim, signature);
    if (record === null || this.#brokenBy() !== null) return;
    const scope = this.#scopeTexts.textOf(claim.scope);
    const marks = this.#marks.get(scope);
    if (marks === undefined) return;
    this.#unhurried.push(...this.#record(scope, marks, [record]));
    this.#unhurriedTimer ??= this.#clock.setTimer(UNHURRIED_MS, () => this.#writeUnhurried());
  }

  marksOf(scope: MarkScope): Promise<Result<Marks, StoreFailure>> {
    return Promise.resolve(ok(this.#marks.get(scopeText(scope)) ?? noMarks(scope.chain)));
  }

  scopes(): Promise<Result<readonly MarkScope[], StoreFailure>> {
    return Promise.resolve(ok([...this.#marks.keys()].map(parseScopeText).filter((scope) => scope !== null)));
  }

  raise(scope: MarkScope, records: readonly MarkRecord[]): Promise<Result<void, StoreFailure>> {
    const broken = this.#brokenBy();
    if (broken !== null) return Promise.resolve(err(broken));
    const text = scopeText(scope);
    const entries = this.#record(text, this.#marks.get(text) ?? noMarks(scope.chain), records);
    return this.#durable(entries).then((failure) => (failure === null ? ok(undefined) : err(failure)));
  }

  health(): { readonly ok: true } | { readonly ok: false; readonly failure: StoreFailure } {
    const failure = this.#brokenBy();
    return failure === null ? { ok: true } : { ok: false, failure };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What no claim has taken along. */
  #writeUnhurried(): void {
    this.#unhurriedTimer = null;
    if (this.#unhurried.length > 0 && this.#brokenBy() === null) void this.#durable([]);
  }

  async #close(): Promise<void> {
    this.#unhurriedTimer?.cancel();
    if (this.#failure === null && this.#unhurried.length > 0) await this.#durable([]);
    await this.#committing;
    await this.#abandonSuccessor();
    await this.#file.close();
    await this.#lock.release();
  }

  #brokenBy(): StoreFailure | null {
    if (this.#closing !== null) return STORE_CLOSED;
    return this.#lock.lost ? this.#fail(LOCK_LOST, null) : this.#failure;
  }

  /** Raises the marks in memory and says what makes that durable. */
  #record(scope: ScopeText, marks: Marks, records: readonly MarkRecord[]): LogEntry[] {
    this.#marks.set(scope, records.reduce(applyRecord, marks));
    const known = this.#indexes.get(scope);
    const index = known ?? this.#indexes.size;
    const entries = records.map((record): LogEntry => ({ type: "record", index, record }));
    if (known !== undefined) return entries;
    this.#indexes.set(scope, index);
    return [{ type: "scope", index, scope }, ...entries];
  }

  /**
   * Resolves when these entries, and all that was recorded before them, are on disk.
   * @returns null when they are, else why they are not
   */
  #durable(entries: readonly LogEntry[]): Promise<StoreFailure | null> {
    if (
      entries.length === 0 &&
      this.#committing === null &&
      this.#gathering === null &&
      this.#backlog.length === 0 &&
      this.#unhurried.length === 0
    ) {
      return Promise.resolve(null);
    }
    const batch = (this.#gathering ??= new Batch());
    batch.askers += 1;
    batch.entries.push(...entries);
    if (!this.#isWriting && batch.askers >= EARLY_BATCH) this.#committing = this.#commitAll();
    else this.#committing ??= Promise.resolve().then(() => (this.#isWriting ? undefined : this.#commitAll()));
    return batch.committed;
  }

  async #commitAll(): Promise<void> {
    this.#isWriting = true;
    for (let batch = this.#gathering; batch !== null; batch = this.#gathering) {
      const entries = [...this.#backlog, ...this.#unhurried, ...batch.entries];
      this.#gathering = null;
      this.#backlog = [];
      this.#unhurried = [];
      const failure = await this.#commit(entries);
      batch.settle(failure);
      if (failure === null) await this.#tendSuccessor();
    }
    this.#isWriting = false;
    this.#committing = null;
  }

  async #commit(entries: readonly LogEntry[]): Promise<StoreFailure | null> {
    let left = entries;
    for (;;) {
      // Also of those who brought nothing: what they repeat may be what could not be written.
      if (this.#failure !== null) return this.#failure;
      if (left.length === 0) return null;
      const { bytes, taken } = encodeFrame(this.#nextSeq, left);
      if (this.#endOffset + bytes.length > this.#capacityBytes) {
        // The snapshot is made from memory, so it holds these entries too.
        const failure = await this.#compact();
        if (failure !== null) this.#backlog = [...left, ...this.#backlog];
        return failure;
      }
      // Confirmed all but once in a while: an asynchronous function that returns at once would cost each write.
      const failure = (this.#lock.isConfirmed ? null : await this.#notOurs()) ?? (await this.#append(bytes));
      if (failure !== null) {
        // For good, and nobody asks any more; or not now, and it goes with the next one.
        this.#backlog = [...left, ...this.#backlog];
        return failure;
      }
      this.#successor?.note(left.slice(0, taken));
      left = left.slice(taken);
    }
  }

  async #notOurs(): Promise<StoreFailure | null> {
    if (this.#lock.isConfirmed) return null;
    const ours = await this.#lock.confirm();
    if (ours === "held") return null;
    return ours === "unknown" ? LOCK_UNKNOWN : this.#fail(LOCK_LOST, null);
  }

  async #append(bytes: Uint8Array): Promise<StoreFailure | null> {
    try {
      await this.#file.write(bytes, this.#endOffset);
    } catch (cause) {
      // Nobody knows what is on the disk now, and a second sync may lie about it. Only reading it anew tells.
      return this.#fail("a watermark could not be written; check the disk, then restart to read the marks anew", cause);
    }
    this.#endOffset += bytes.length;
    this.#nextSeq += 1n;
    return null;
  }

  /** Between two commits: begins a new log when this one fills up, and changes over when that is whole. */
  async #tendSuccessor(): Promise<void> {
    const successor = this.#successor;
    if (successor === null) {
      const isTime =
        this.#capacityBytes >= SUCCESSOR_BYTES_MIN && this.#endOffset > this.#capacityBytes * SUCCESSOR_FROM;
      if (!isTime || this.#isSuccessorBarred || this.#closing !== null || this.#lock.lost) return;
      const path = join(this.#directory, NEXT_LOG_NAME);
      this.#successor = new SuccessorLog({ path, marks: this.#marks, logSizeBytes: this.#logSizeBytes });
      return;
    }
    const { state } = successor;
    switch (state.phase) {
      case "writing":
        return;
      case "failed":
        await this.#giveUpSuccessor(state.cause);
        return;
      case "written":
        await this.#changeOver(successor, state.file);
    }
  }

  /** The present log stays in force, whole, until the new one holds all that it holds and is durable. */
  async #changeOver(successor: SuccessorLog, { usedBytes, sizeBytes }: WrittenFile): Promise<void> {
    if ((await this.#notOurs()) !== null) return;
    const path = join(this.#directory, LOG_NAME);
    const nextPath = join(this.#directory, NEXT_LOG_NAME);
    const translation = new ScopeTranslation(this.#indexes, successor.indexes);
    const { bytes, nextSeq } = successor.framesSince(translation.translate);
    let file: DurableFile | null = null;
    let renamed = false;
    try {
      if (usedBytes + bytes.length > sizeBytes) throw new Error("the new log is full already");
      file = await this.#openFile(nextPath);
      await file.write(bytes, usedBytes);
      await checkWritten(nextPath, bytes, usedBytes);
      await rename(nextPath, path);
      renamed = true;
      await syncDirectory(this.#directory);
    } catch (cause) {
      await file?.close().catch(() => undefined);
      if (renamed) this.#fail(NOT_REPLACED, cause);
      else await this.#giveUpSuccessor(cause);
      return;
    }
    this.#successor = null;
    await this.#use(file, { endOffset: usedBytes + bytes.length, nextSeq, sizeBytes, translation, beside: true });
  }

  /** Nothing is lost: a log that is full is rewritten by the commit that finds it so. */
  async #giveUpSuccessor(cause: unknown): Promise<void> {
    this.#isSuccessorBarred = true;
    this.#logger.log("warn", "forge.watermarksSuccessorFailed", { cause: String(cause) });
    await this.#abandonSuccessor();
  }

  async #abandonSuccessor(): Promise<void> {
    const successor = this.#successor;
    if (successor === null) return;
    successor.abandon();
    await successor.ended;
    this.#successor = null;
    await unlink(join(this.#directory, NEXT_LOG_NAME)).catch(() => undefined);
  }

  /** Replaces the log by one that holds the present marks only. The old one stays until the new one is durable. */
  async #compact(): Promise<StoreFailure | null> {
    const path = join(this.#directory, LOG_NAME);
    const nextPath = join(this.#directory, NEXT_LOG_NAME);
    let renamed = false;
    const notOurs = await this.#notOurs();
    if (notOurs !== null) return notOurs;
    await this.#abandonSuccessor();
    try {
      const snapshot = new Snapshot(this.#marks);
      const { usedBytes, sizeBytes } = await writeLog(nextPath, snapshot, this.#logSizeBytes);
      await rename(nextPath, path);
      renamed = true;
      await syncDirectory(this.#directory);
      const file = await this.#openFile(path);
      const translation = new ScopeTranslation(this.#indexes, snapshot.indexes);
      const { nextSeq } = snapshot;
      await this.#use(file, { endOffset: usedBytes, nextSeq, sizeBytes, translation, beside: false });
      return null;
    } catch (cause) {
      // After the rename the open file is no longer the one with the name: only a restart may go on.
      if (renamed) return this.#fail(NOT_REPLACED, cause);
      return {
        code: "storeFailed",
        message: `the watermark log is full and could not be rewritten: ${String(cause)}`,
        retryable: true,
        cause,
      };
    }
  }

  /**
   * Goes on with another file, which has the log's name by now. What was recorded while its snapshot was being written may
   * not be in it, and scopes have new indexes there. Records that are in it twice do no harm.
   */
  async #use(file: DurableFile, { endOffset, nextSeq, sizeBytes, translation, beside }: TakenOver): Promise<void> {
    const old = this.#file;
    this.#file = file;
    this.#endOffset = endOffset;
    this.#nextSeq = nextSeq;
    this.#capacityBytes = sizeBytes;
    this.#isSuccessorBarred = false;
    const { translate } = translation;
    if (this.#gathering !== null) this.#gathering.entries = this.#gathering.entries.flatMap(translate);
    this.#unhurried = this.#unhurried.flatMap(translate);
    this.#indexes = translation.indexes;
    this.#logger.log("info", "forge.watermarksCompacted", { scopes: this.#indexes.size, sizeBytes: endOffset, beside });
    // Whatever becomes of it, nothing of it is needed any more.
    await old.close().catch(() => undefined);
  }

  #fail(message: string, cause: unknown): StoreFailure {
    if (this.#failure === null) {
      this.#failure = { code: "storeFailed", message, retryable: false, cause };
      this.#logger.log("error", "forge.watermarksFailed", {
        message,
        ...(cause instanceof Error ? { cause: String(cause) } : {}),
      });
    }
    return this.#failure;
  }
}
