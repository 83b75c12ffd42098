import {
  type AccountId,
  assert,
  type BlockId,
  type Clock,
  type ImportCursor,
  type Logger,
  type StateChange,
  type ThreadId,
  type Timer,
} from "@sealwright/types";
import type { EngineAnswer, EngineQuery, Totals, Trace } from "../executor.js";
import {
  type AccountView,
  type ApplyRequest,
  type BuildRequest,
  ExecutionError,
  type StateRef,
  type ThreadExecution,
  type VerifyRequest,
} from "../threadExecution.js";

/** When to give up. */
export interface RevivingExecutionOptions {
  /** An execution that dies more often than this within five minutes is broken: 32 unless told otherwise. */
  readonly deathsMax?: number;
}

/** How an execution that died is replaced. */
export interface RevivingExecutionDependencies {
  /** A new execution with no state. */
  readonly open: () => ThreadExecution;
  /** Loads the last final state into a new execution, and applies the open blocks that were executed before. */
  readonly reload: (fresh: ThreadExecution) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const DEATHS_MAX = 32;
const DEATHS_WINDOW_MS = 5 * 60_000;
/** A worker that answers nothing for so many seconds, while it is asked, hangs. */
const SILENT_TICKS_MAX = 15;
const TICK_MS = 1_000;

/** Build numbers of successive executions never meet. */
const BUILDS_PER_LIFE = 2 ** 32;

/**
 * Keeps one thread's execution alive: when the worker dies or hangs, makes a new one and brings back the states of all
 * known blocks. What was under way rejects with
 * `died`, what is asked meanwhile with `overloaded`: both say to ask again. Builds do not come back: who holds some
 * hears of it from `onLost`.
 */
export function createRevivingExecution(
  options: RevivingExecutionOptions,
  dependencies: RevivingExecutionDependencies,
): ThreadExecution {
  return new RevivingExecution(options, dependencies);
}

class RevivingExecution implements ThreadExecution {
  readonly #deathsMax: number;
  readonly #deps: RevivingExecutionDependencies;
  /** Null while a new one is made ready. */
  #current: ThreadExecution | null;
  #life = 0;
  #isLoaded = false;
  #isClosed = false;
  readonly #deathsMs: number[] = [];
  readonly #lostListeners: (() => void)[] = [];
  readonly #diedListeners: ((error: ExecutionError) => void)[] = [];
  #pending = 0;
  #silentTicks = 0;
  #timer: Timer | null = null;

  constructor(options: RevivingExecutionOptions, dependencies: RevivingExecutionDependencies) {
    this.#deathsMax = options.deathsMax ?? DEATHS_MAX;
    this.#deps = dependencies;
    this.#current = this.#openOne();
  }

  async load(
    entries: AsyncIterable<StateChange> | Iterable<StateChange>,
    atBlock: BlockId,
  ): Promise<{ stateRoot: Uint8Array }> {
    const loaded = await this.#run((current) => current.load(entries, atBlock));
    this.#isLoaded = true;
    return loaded;
  }

  admit(messages: readonly Uint8Array[]): ReturnType<ThreadExecution["admit"]> {
    return this.#run((current) => current.admit(messages));
  }

  async build(request: BuildRequest): ReturnType<ThreadExecution["build"]> {
    const life = this.#life;
    const parent = this.#inner(request.parent);
    if (parent === null) throw new ExecutionError("unknownState", "that build was lost with its worker");
    const built = await this.#run((current) => current.build({ ...request, parent }));
    if (!built.ok) return built;
    return { ok: true, value: { ...built.value, ref: { build: built.value.ref.build + life * BUILDS_PER_LIFE } } };
  }

  bind(ref: { readonly build: number }, blockId: BlockId): void {
    const inner = this.#inner(ref);
    if (inner !== null && "build" in inner) this.#current?.bind(inner, blockId);
  }

  verify(request: VerifyRequest): ReturnType<ThreadExecution["verify"]> {
    return this.#run((current) => current.verify(request));
  }

  applyUpdate(request: ApplyRequest): ReturnType<ThreadExecution["applyUpdate"]> {
    return this.#run((current) => current.applyUpdate(request));
  }

  finalize(blockId: BlockId): Promise<void> {
    return this.#run((current) => current.finalize(blockId));
  }

  release(refs: readonly StateRef[]): void {
    this.#current?.release(refs.map((ref) => this.#inner(ref)).filter((ref) => ref !== null));
  }

  async holds(ref: StateRef): Promise<boolean> {
    const inner = this.#inner(ref);
    return inner !== null && (await this.#run((current) => current.holds(inner)));
  }

  account(id: AccountId, at?: BlockId): Promise<AccountView> {
    return this.#run((current) => current.account(id, at));
  }

  totals(at?: BlockId): Promise<Totals> {
    return this.#run((current) => current.totals(at));
  }

  /** Those of an earlier life are lost with it: people may miss them, nothing else does. */
  takeTraces(at: BlockId): readonly Trace[] {
    return this.#current?.takeTraces(at) ?? [];
  }

  query(query: EngineQuery, at?: BlockId): Promise<EngineAnswer> {
    return this.#run((current) => current.query(query, at));
  }

  async cursors(at: StateRef, sources: readonly ThreadId[]): Promise<readonly ImportCursor[]> {
    const inner = this.#inner(at);
    if (inner === null) throw new ExecutionError("unknownState", "that build was lost with its worker");
    return this.#run((current) => current.cursors(inner, sources));
  }

  onLost(listener: () => void): void {
    this.#lostListeners.push(listener);
  }

  onDied(listener: (error: ExecutionError) => void): void {
    this.#diedListeners.push(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#current?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What a ref is called inside; null for a build of an earlier life. */
  #inner(ref: StateRef): StateRef | null {
    if ("block" in ref) return ref;
    const build = ref.build - this.#life * BUILDS_PER_LIFE;
    return build >= 0 && build < BUILDS_PER_LIFE ? { build } : null;
  }

  async #run<T>(job: (current: ThreadExecution) => Promise<T>): Promise<T> {
    const current = this.#current;
    if (this.#isClosed) throw new ExecutionError("closed", "this execution was closed");
    if (current === null) throw new ExecutionError("overloaded", "the execution worker is being replaced");
    this.#pending++;
    this.#watch();
    try {
      return await job(current);
    } catch (error) {
      // Whoever waits shall ask again: the one that hung was closed, and another takes its place.
      if (!this.#isClosed && error instanceof ExecutionError && error.code === "closed")
        throw new ExecutionError("died", "the execution worker hung", { cause: error });
      throw error;
    } finally {
      this.#pending--;
      this.#silentTicks = 0;
    }
  }

  #openOne(): ThreadExecution {
    const fresh = this.#deps.open();
    fresh.onDied((error) => {
      if (this.#current === fresh) this.#lost(error);
    });
    return fresh;
  }

  /** Ticks are counted, not time: a process that was stopped for a while has not hung. */
  #watch(): void {
    if (this.#timer !== null) return;
    this.#timer = this.#deps.clock.setTimer(TICK_MS, () => {
      this.#timer = null;
      if (this.#isClosed || this.#pending === 0) return;
      const current = this.#current;
      if (++this.#silentTicks > SILENT_TICKS_MAX && current !== null) {
        this.#lost(new ExecutionError("died", `the execution worker answered nothing for ${SILENT_TICKS_MAX} s`));
        this.#closeQuietly(current);
      } else this.#watch();
    });
  }

  #lost(error: ExecutionError): void {
    if (this.#isClosed) return;
    this.#current = null;
    this.#silentTicks = 0;
    const nowMs = this.#deps.clock.monotonicMs();
    // A message that was too slow says nothing against the execution: it may end as many of them as it likes.
    if (error.culprit?.cause !== "tooLong") this.#deathsMs.push(nowMs);
    while ((this.#deathsMs[0] ?? nowMs) < nowMs - DEATHS_WINDOW_MS) this.#deathsMs.shift();
    if (!this.#isLoaded || this.#deathsMs.length > this.#deathsMax) return this.#end(error);
    this.#deps.logger.log("error", "execution.restarted", { error });
    for (const listener of this.#lostListeners) listener();
    void this.#revive();
  }

  async #revive(): Promise<void> {
    const fresh = this.#deps.open();
    let death: ExecutionError | null = null;
    fresh.onDied((error) => {
      death = error;
      if (this.#current === fresh) this.#lost(error);
    });
    try {
      await this.#deps.reload(fresh);
    } catch (error) {
      this.#closeQuietly(fresh);
      if (this.#isClosed) return;
      if (error instanceof ExecutionError && error.code === "died") return this.#lost(error);
      return this.#end(new ExecutionError("died", "the execution worker could not be replaced", { cause: error }));
    }
    if (this.#isClosed) return this.#closeQuietly(fresh);
    if (death !== null) return this.#lost(death);
    assert(this.#current === null, "one execution at a time");
    this.#life++;
    this.#current = fresh;
  }

  #end(error: ExecutionError): void {
    for (const listener of this.#diedListeners) listener(error);
  }

  #closeQuietly(execution: ThreadExecution): void {
    execution.close().catch((error: unknown) => this.#deps.logger.log("warn", "execution.closeFailed", { error }));
  }
}
