import type { AccountId, BlockId, Clock, ImportCursor, StateChange, ThreadId } from "@sealwright/types";
import type { EngineAnswer, EngineQuery, Executor, Totals, Trace } from "../executor.js";
import {
  type AccountView,
  type ApplyRequest,
  type BuildRequest,
  ExecutionError,
  type StateRef,
  type ThreadExecution,
  type VerifyRequest,
} from "../threadExecution.js";
import { type CoreOptions, ExecutionCore } from "./executionCore.js";
import { QUESTION_TIME_MAX_MS } from "./questionStop.js";

/** Of which thread, in which network of threads. */
export interface ExecutionOptions extends Omit<CoreOptions, "statesMax"> {
  /** Unfinalized states held at once; 1,024 unless told otherwise. */
  readonly statesMax?: number;
}

export const STATES_MAX = 1_024;

/** Executes in the caller's thread, at once: for simulations, tests and tools. It never dies. */
export function createInlineExecution(
  options: ExecutionOptions,
  dependencies: { readonly executor: Executor; readonly clock: Pick<Clock, "nowMs" | "monotonicMs"> },
): ThreadExecution {
  return new InlineExecution(options, dependencies);
}

class InlineExecution implements ThreadExecution {
  readonly #core: ExecutionCore;
  readonly #clock: Pick<Clock, "nowMs" | "monotonicMs">;
  #closed = false;

  constructor(
    options: ExecutionOptions,
    { executor, clock }: { executor: Executor; clock: Pick<Clock, "nowMs" | "monotonicMs"> },
  ) {
    this.#core = new ExecutionCore({ ...options, statesMax: options.statesMax ?? STATES_MAX }, executor);
    this.#clock = clock;
  }

  async load(
    entries: AsyncIterable<StateChange> | Iterable<StateChange>,
    atBlock: BlockId,
  ): Promise<{ stateRoot: Uint8Array }> {
    const all: StateChange[] = [];
    for await (const entry of entries) all.push(entry);
    return this.#run((core) => {
      core.beginLoad();
      core.addEntries(all);
      return core.finishLoad(atBlock);
    });
  }

  admit(messages: readonly Uint8Array[]): ReturnType<ThreadExecution["admit"]> {
    return this.#run((core) => core.admit(messages, this.#clock.nowMs()));
  }

  build(request: BuildRequest): ReturnType<ThreadExecution["build"]> {
    return this.#run((core) => core.build(request));
  }

  bind(ref: { readonly build: number }, blockId: BlockId): void {
    if (!this.#closed) this.#core.bind(ref, blockId);
  }

  verify(request: VerifyRequest): ReturnType<ThreadExecution["verify"]> {
    return this.#run((core) => core.verify(request));
  }

  applyUpdate(request: ApplyRequest): ReturnType<ThreadExecution["applyUpdate"]> {
    return this.#run((core) => core.applyUpdate(request));
  }

  finalize(blockId: BlockId): Promise<void> {
    return this.#run((core) => core.finalize(blockId));
  }

  release(refs: readonly StateRef[]): void {
    if (!this.#closed) this.#core.release(refs);
  }

  holds(ref: StateRef): Promise<boolean> {
    return this.#run((core) => core.holds(ref));
  }

  account(id: AccountId, at?: BlockId): Promise<AccountView> {
    return this.#run((core) => core.account(id, at));
  }

  totals(at?: BlockId): Promise<Totals> {
    return this.#run((core) => core.totals(at));
  }

  takeTraces(at: BlockId): readonly Trace[] {
    return this.#core.traces({ block: at });
  }

  query(query: EngineQuery, at?: BlockId): Promise<EngineAnswer> {
    const nowMs = this.#clock.nowMs();
    const endMs = this.#clock.monotonicMs() + QUESTION_TIME_MAX_MS;
    const isOver = (): boolean => this.#clock.monotonicMs() >= endMs;
    return this.#run((core) => core.query(query, at, { nowMs, isOver }));
  }

  cursors(at: StateRef, sources: readonly ThreadId[]): Promise<readonly ImportCursor[]> {
    return this.#run((core) => core.cursors(at, sources));
  }

  onLost(): void {
    // Nothing here can be lost.
  }

  onDied(): void {
    // Nothing here can end by itself.
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** At once, so that calls run in their order; a throw becomes a rejection, as it would be across threads. */
  #run<T>(work: (core: ExecutionCore) => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#closed) throw new ExecutionError("closed", "this execution was closed");
      resolve(work(this.#core));
    });
  }
}
