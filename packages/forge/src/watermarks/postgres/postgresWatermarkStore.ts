import { assert, type Clock, err, type Logger, ok, type Random, type Result, toHex } from "@sealwright/types";
import pg from "pg";
import { AUTHORIZED_FIRST, authorizeClaim, STORE_CLOSED } from "../authorizeClaim.js";
import {
  applyRecord,
  type Claim,
  type MarkRecord,
  type Marks,
  type MarkScope,
  noMarks,
  parseScopeText,
  recordsOf,
  type ScopeText,
  scopeText,
  signatureRecord,
} from "../marks.js";
import { decodeRecordList, encodeRecordList } from "../recordList.js";
import type { Authorized, GuardError, StoreFailure, WatermarkStore } from "../watermarkStore.js";
import { FencingLease, type LeaseAbsence, type LeaseOptions, type LeaseToken } from "./fencingLease.js";
import {
  CREATE_TABLES,
  READ_MARKS,
  READ_SCOPES,
  READ_VERSION,
  SCHEMA_VERSION,
  TRY_WRITE,
  WRITE_MARKS,
} from "./schema.js";

/** Which database keeps the marks, and how long it may take. Times in milliseconds. */
export interface PostgresWatermarkOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** With it one forge of a name signs and the others stand by; without it all sign, each guarded by every write. */
  readonly lease?: LeaseOptions;
  readonly connectionsMax?: number;
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

/** What a store in PostgreSQL works with; `random` names this process to the others. */
export interface PostgresWatermarkDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Why the database cannot be used: not reached, or written by another version. */
export interface OpenPostgresError {
  readonly code: "databaseUnavailable" | "unsupportedVersion";
  readonly message: string;
  readonly cause?: unknown;
}

/** Marks with the version of their row; version 0 has no row. */
interface Versioned {
  readonly version: bigint;
  readonly marks: Marks;
}

/** The last that this process read in a row or wrote to it. */
interface Known extends Versioned {
  /** Nobody else can have written since, and no write of ours has an unknown end: the row need not be read. */
  readonly isSure: boolean;
}

type Answer = Result<Authorized, GuardError>;

/** One call that waits for its turn: a claim to decide, or records to take over. */
interface Item {
  readonly scope: ScopeText;
  readonly chain: MarkScope["chain"];
  readonly decide: (marks: Marks) => { readonly marks: Marks; readonly answer: Answer };
  readonly resolve: (answer: Answer) => void;
}

const CONNECTIONS_MAX = 4;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;
const BATCH_MAX = 1_000;
/** Somebody else wrote first, this often in a row. */
const ATTEMPTS_MAX = 16;

/** A row is older than what this process had made durable in it. */
class WentBack extends Error {
  constructor(readonly scope: ScopeText) {
    super(`${scope} went back`);
  }
}

/**
 * Marks in PostgreSQL, shared by several forges on the same keys. Every write compares the version that it was computed
 * from, so of two that want to sign different things at one place one loses, reads again and refuses. Calls that come
 * while a write is under way share the next one.
 */
export class PostgresWatermarkStore implements WatermarkStore {
  readonly #pool: pg.Pool;
  readonly #lease: FencingLease | null;
  readonly #known = new Map<ScopeText, Known>();
  #waiting: Item[] = [];
  #working: Promise<void> | null = null;
  #failure: StoreFailure | null = null;
  /** For good. */
  #ended: StoreFailure | null = null;
  #closing: Promise<void> | null = null;

  readonly #logger: Logger;

  private constructor(options: PostgresWatermarkOptions, { clock, random, logger }: PostgresWatermarkDependencies) {
    this.#logger = logger;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.connectionsMax ?? CONNECTIONS_MAX,
      connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      query_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      // A server may be set to confirm before the disk has it; a watermark must not be.
      options: "-c synchronous_commit=on",
      application_name: "sealwright-forge",
    });
    // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
    this.#pool.on("error", (cause) => logger.log("warn", "forge.databaseConnectionLost", { cause: String(cause) }));
    const onTaken = (): void => [...this.#known.keys()].forEach((scope) => this.#doubt(scope));
    this.#lease =
      options.lease === undefined
        ? null
        : new FencingLease(
            { ...options.lease, holder: toHex(random.bytes(16)) },
            { database: this.#pool, clock, logger, onTaken },
          );
  }

  /** Connects, makes the tables where they are missing, and tries for the lease once. */
  static async open(
    options: PostgresWatermarkOptions,
    dependencies: PostgresWatermarkDependencies,
  ): Promise<Result<PostgresWatermarkStore, OpenPostgresError>> {
    const store = new PostgresWatermarkStore(options, dependencies);
    try {
      await store.#pool.query(CREATE_TABLES);
      const { rows } = await store.#pool.query<{ version: number }>(READ_VERSION);
      const version = rows[0]?.version;
      if (version !== SCHEMA_VERSION) {
        await store.close();
        return err({
          code: "unsupportedVersion",
          message: `the watermark tables have version ${version}, this release knows ${SCHEMA_VERSION}: use the release that wrote them, or a newer one`,
        });
      }
      await store.#lease?.start();
      return ok(store);
    } catch (cause) {
      await store.close();
      return err({
        code: "databaseUnavailable",
        message: `the watermark database cannot be used: ${String(cause)}`,
        cause,
      });
    }
  }

  guard(claim: Claim): Promise<Answer> {
    return this.#enqueue(claim.scope, (marks) => {
      const { record, answer } = authorizeClaim(marks, claim);
      return { marks: record === null ? marks : applyRecord(marks, record), answer };
    });
  }

  remember(claim: Claim, signature: Uint8Array): void {
    const record = signatureRecord(claim, signature);
    // Best effort: without it the same bytes are signed anew.
    if (record !== null) void this.raise(claim.scope, [record]);
  }

  async raise(scope: MarkScope, records: readonly MarkRecord[]): Promise<Result<void, StoreFailure>> {
    const answer = await this.#enqueue(scope, (marks) => ({
      marks: records.reduce(applyRecord, marks),
      answer: AUTHORIZED_FIRST,
    }));
    if (answer.ok) return ok(undefined);
    assert(answer.error.kind === "failed", "a raise is never refused");
    return err(answer.error.failure);
  }

  async marksOf(scope: MarkScope): Promise<Result<Marks, StoreFailure>> {
    const text = scopeText(scope);
    return this.#query(async () => (await this.#read([text])).get(text)?.marks ?? noMarks(scope.chain));
  }

  scopes(): Promise<Result<readonly MarkScope[], StoreFailure>> {
    return this.#query(async () => {
      const { rows } = await this.#pool.query<{ scope: string }>(READ_SCOPES);
      return rows.map((row) => parseScopeText(row.scope)).filter((scope) => scope !== null);
    });
  }

  health(): { readonly ok: true } | { readonly ok: false; readonly failure: StoreFailure } {
    if (this.#closing !== null) return { ok: false, failure: STORE_CLOSED };
    const failure = this.#ended ?? this.#failure;
    if (failure !== null) return { ok: false, failure };
    const absent = this.#leaseFailure();
    return absent === null ? { ok: true } : { ok: false, failure: absent };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#working;
    await this.#lease?.end();
    await this.#pool.end();
  }

  /** @returns why this one may not write now; null where it may, or where forges do not take turns */
  #leaseFailure(): StoreFailure | null {
    const absence = this.#lease?.absence ?? null;
    return absence === null ? null : failureOfAbsence(absence);
  }

  #enqueue(scope: MarkScope, decideItem: Item["decide"]): Promise<Answer> {
    const failure = this.#closing === null ? this.#ended : STORE_CLOSED;
    if (failure !== null) return Promise.resolve(err({ kind: "failed", failure }));
    return new Promise((resolve) => {
      this.#waiting.push({ scope: scopeText(scope), chain: scope.chain, decide: decideItem, resolve });
      this.#working ??= Promise.resolve().then(() => this.#workAll());
    });
  }

  async #workAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH_MAX);
      this.#waiting = this.#waiting.slice(BATCH_MAX);
      const failure = await this.#work(batch);
      if (failure !== null) for (const item of batch) item.resolve(err({ kind: "failed", failure }));
    }
    this.#working = null;
  }

  /** @returns why nobody of the batch (or of what is left of it) can be answered; a promise resolves only once */
  async #work(batch: readonly Item[]): Promise<StoreFailure | null> {
    let left = batch;
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX && left.length > 0; attempt++) {
        if (this.#ended !== null) return this.#ended;
        const absent = this.#leaseFailure();
        if (absent !== null) return absent;
        left = await this.#attempt(left);
      }
      this.#failure = null;
      return left.length === 0
        ? null
        : { code: "storeFailed", message: "other forges kept writing first", retryable: true };
    } catch (cause) {
      if (cause instanceof WentBack) return this.#endBecause(cause);
      // Written or not? Only the database knows.
      for (const item of batch) this.#doubt(item.scope);
      this.#failure = unavailable(cause);
      return this.#failure;
    }
  }

  #doubt(scope: ScopeText): void {
    const known = this.#known.get(scope);
    if (known?.isSure === true) this.#known.set(scope, { ...known, isSure: false });
  }

  /**
   * A backup was restored, or a server took over that lacked the last writes. What this process promised it knows, and
   * writes back for whoever comes after it; what others promised may be lost, so it signs nothing more.
   */
  async #endBecause({ scope }: WentBack): Promise<StoreFailure> {
    this.#ended = { code: "storeFailed", message: wentBackMessage(scope), retryable: false };
    const isWrittenBack = await this.#writeBack().then(
      () => true,
      () => false,
    );
    this.#logger.log("error", "forge.watermarksWentBack", { scope, isWrittenBack, message: this.#ended.message });
    return this.#ended;
  }

  async #writeBack(): Promise<void> {
    const rows = await this.#read([...this.#known.keys()]);
    const before = new Map<ScopeText, Versioned>();
    const after = new Map<ScopeText, Versioned>();
    for (const [scope, known] of this.#known) {
      const row = rows.get(scope) ?? { version: 0n, marks: noMarks(known.marks.chain) };
      if (row.version >= known.version) continue;
      before.set(scope, row);
      after.set(scope, { version: row.version + 1n, marks: recordsOf(known.marks).reduce(applyRecord, row.marks) });
    }
    await this.#write(before, after, this.#lease?.token ?? null);
  }

  /** @returns the items whose scope somebody else had changed meanwhile */
  async #attempt(items: readonly Item[]): Promise<readonly Item[]> {
    const before = await this.#load(items);
    // The lease may have been lost while it read. Looked at once: what is decided is written with this token or not at all.
    const token = this.#lease?.token ?? null;
    if (this.#lease !== null && token === null) return items;
    const after = new Map(before);
    const answers = new Map<Item, Answer>();
    for (const item of items) {
      const current = after.get(item.scope);
      assert(current !== undefined, "every scope of the batch was loaded");
      const { marks, answer } = item.decide(current.marks);
      answers.set(item, answer);
      if (marks !== current.marks)
        after.set(item.scope, { version: (before.get(item.scope)?.version ?? 0n) + 1n, marks });
    }
    const written = await this.#write(before, after, token);
    const lost = items.filter((item) => !written.has(item.scope));
    for (const item of lost) this.#doubt(item.scope);
    for (const [item, answer] of answers) if (written.has(item.scope)) item.resolve(answer);
    return lost;
  }

  async #load(items: readonly Item[]): Promise<ReadonlyMap<ScopeText, Versioned>> {
    const missing = new Set(items.map(({ scope }) => scope).filter((scope) => this.#known.get(scope)?.isSure !== true));
    const found = missing.size === 0 ? new Map<ScopeText, Versioned>() : await this.#read([...missing]);
    const loaded = new Map<ScopeText, Versioned>();
    for (const { scope, chain } of items) {
      const known = this.#known.get(scope);
      const now = known?.isSure === true ? known : (found.get(scope) ?? { version: 0n, marks: noMarks(chain) });
      if (known !== undefined && now.version < known.version) throw new WentBack(scope);
      loaded.set(scope, now);
    }
    return loaded;
  }

  /**
   * @param token null where forges do not take turns
   * @returns the scopes that are now as `after` says, the unchanged ones included
   */
  async #write(
    before: ReadonlyMap<ScopeText, Versioned>,
    after: ReadonlyMap<ScopeText, Versioned>,
    token: LeaseToken | null,
  ): Promise<ReadonlySet<ScopeText>> {
    const changed = [...after].filter(([scope, { version }]) => before.get(scope)?.version !== version);
    const done = new Set([...after.keys()]);
    if (changed.length === 0) return done;
    changed.sort(([a], [b]) => (a < b ? -1 : 1));
    const { rows } = await this.#pool.query<{ held: boolean; written: string[] }>(WRITE_MARKS, [
      changed.map(([scope]) => scope),
      changed.map(([, { version }]) => String(version)),
      changed.map(([, { marks }]) => Buffer.from(encodeRecordList(recordsOf(marks)))),
      token?.name ?? null,
      token?.holder ?? null,
      token?.epoch ?? null,
    ]);
    if (rows[0]?.held === false) this.#lease?.lost();
    const written = new Set(rows[0]?.written ?? []);
    for (const [scope, versioned] of changed) {
      if (written.has(scope)) this.#known.set(scope, { ...versioned, isSure: true });
      else done.delete(scope);
    }
    return done;
  }

  async #read(scopes: readonly ScopeText[]): Promise<Map<ScopeText, Versioned>> {
    const { rows } = await this.#pool.query<{ scope: string; version: string; records: Buffer }>(READ_MARKS, [scopes]);
    const found = new Map<ScopeText, Versioned>();
    for (const row of rows) {
      const scope = parseScopeText(row.scope);
      const records = decodeRecordList(row.records);
      if (scope === null || !records.ok) throw new Error(`row ${row.scope} of forge_marks does not read`);
      found.set(row.scope, {
        version: BigInt(row.version),
        marks: records.value.reduce(applyRecord, noMarks(scope.chain)),
      });
    }
    return found;
  }

  async #query<T>(run: () => Promise<T>): Promise<Result<T, StoreFailure>> {
    if (this.#closing !== null) return err(STORE_CLOSED);
    try {
      const value = await run();
      // A store that nobody asks to write must recover too; that it can be read does not say that it can be written.
      if (this.#failure !== null) await this.#tryWrite();
      return ok(value);
    } catch (cause) {
      this.#failure = unavailable(cause);
      return err(this.#failure);
    }
  }

  async #tryWrite(): Promise<void> {
    try {
      await this.#pool.query(TRY_WRITE);
      this.#failure = null;
    } catch (cause) {
      this.#failure = unavailable(cause);
    }
  }
}

function wentBackMessage(scope: ScopeText): string {
  return (
    `the watermark database came back older than what this forge had made durable there (${scope}): a backup was ` +
    "restored, or a standby took over that lacked the last writes. What this forge knows was written back if it could " +
    "be; what others signed may be missing. Stop all forges on this database, raise the marks of their keys to what " +
    "the chain shows (--import-marks), then start them again"
  );
}

function failureOfAbsence(absence: LeaseAbsence): StoreFailure {
  switch (absence.kind) {
    case "elsewhere":
      return { code: "notLeaseHolder", message: "another forge holds the lease", retryable: true };
    case "ranOut":
      return { code: "notLeaseHolder", message: "the lease ran out before the database renewed it", retryable: true };
    case "unknown":
      return unavailable(absence.cause);
  }
}

function unavailable(cause: unknown): StoreFailure {
  return { code: "storeFailed", message: `the watermark database failed: ${String(cause)}`, retryable: true, cause };
}
