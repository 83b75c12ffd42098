import type {
  AccountId,
  BlockId,
  ImportCursor,
  OutboundMessage,
  Receipt,
  Result,
  StateChange,
  ThreadId,
} from "@sealwright/types";
import type {
  BlockContext,
  BlockLimits,
  ImportedRange,
  ImportError,
  ImportRange,
  EngineAnswer,
  EngineQuery,
  ProvedAccount,
  Totals,
  Trace,
  UpdateError,
} from "./executor.js";
import type { Rejection } from "./rejection.js";

/** A state held by the execution of a thread: that of a known block, or of a build that has no id yet. */
export type StateRef = { readonly block: BlockId } | { readonly build: number };

/** A block to be built on a state that is held. */
export interface BuildRequest {
  readonly parent: StateRef;
  readonly context: BlockContext;
  readonly limits: BlockLimits;
  /** At most one range per source thread. */
  readonly imports: readonly ImportRange[];
  /** In queue order. */
  readonly messages: readonly Uint8Array[];
  /** Left out: the build ends when there is nothing more, or no more room. */
  readonly time?: BuildTime;
}

/**
 * Wall-clock bounds of one build. They are its builder's own and no rule of the protocol: what a block may hold is
 * decided by gas and sizes alone. Execution in the caller's thread knows none.
 */
export interface BuildTime {
  /** Then no further external message is taken; the first one always is. */
  readonly budgetMs: number;
  /** An external message that executes for longer ends the execution, which names it as the culprit. */
  readonly messageMs: number;
}

/** What came of one offered message. `left` did not fit and goes back to the queue, in order. */
export type MessageResult =
  | { readonly type: "included"; readonly receipt: Receipt }
  | { readonly type: "skipped"; readonly rejection: Rejection }
  | { readonly type: "left" };

/** Roots of the executed parts as the header shows them, made off the main thread. */
export interface ExecutedRoots {
  readonly externals: Uint8Array;
  readonly outbound: Uint8Array;
  readonly receipts: Uint8Array;
  readonly stateUpdate: Uint8Array;
}

/** A block without identity: the producer adds refs (from `imported`) and the common section, and seals. */
export interface BuiltBlock {
  readonly ref: { readonly build: number };
  readonly externals: readonly Uint8Array[];
  readonly outbound: readonly OutboundMessage[];
  readonly receipts: readonly Receipt[];
  readonly stateUpdate: Uint8Array;
  /** One per source from which anything was imported: the ranges of the block's refs. */
  readonly imported: readonly ImportedRange[];
  readonly stateRoot: Uint8Array;
  readonly gasUsed: bigint;
  readonly roots: ExecutedRoots;
  /** Same length and order as the request's messages. */
  readonly results: readonly MessageResult[];
}

/** What a header claims of execution. That the body has these roots is checked before (protocol §8). */
export interface ExecutionClaim {
  readonly gasUsed: bigint;
  readonly stateRoot: Uint8Array;
  readonly roots: Pick<ExecutedRoots, "outbound" | "receipts" | "stateUpdate">;
}

/** Another's block to be executed again, and what it claims to come to. */
export interface VerifyRequest {
  readonly blockId: BlockId;
  readonly parentId: BlockId;
  readonly context: BlockContext;
  readonly limits: BlockLimits;
  /** Exactly the ranges of the block's refs, with their messages. */
  readonly imports: readonly ImportRange[];
  readonly externals: readonly Uint8Array[];
  readonly claim: ExecutionClaim;
}

/** How re-execution refutes a block: grounds for a Nack. */
export type ExecutionFault =
  | { readonly code: "badImport"; readonly error: ImportError }
  | { readonly code: "badExternal"; readonly index: number; readonly rejection: Rejection }
  | { readonly code: "overLimits"; readonly field: "imports" | "externals" }
  | { readonly code: "differs"; readonly field: "outbound" | "receipts" | "gasUsed" | "stateUpdate" | "stateRoot" };

/** A block to be followed without executing it. */
export interface ApplyRequest {
  readonly blockId: BlockId;
  readonly parentId: BlockId;
  readonly context: BlockContext;
  readonly stateUpdate: Uint8Array;
  readonly stateRoot: Uint8Array;
}

/** How following a block refutes it. */
export type ApplyFault = UpdateError | { readonly code: "differs"; readonly field: "stateRoot" };

/** An account, proved against the root of the state after one block. */
export interface AccountView extends ProvedAccount {
  readonly blockId: BlockId;
  readonly stateRoot: Uint8Array;
}

/**
 * Executes one thread: holds the states of its unfinalized blocks and builds, and does every costly step off the
 * caller's way. Calls that change states run in the order they were made; admission runs in small pieces between
 * them. Every promise rejects with an `ExecutionError` only: a bad block or message is a value, not a rejection.
 */
export interface ThreadExecution extends AsyncDisposable {
  /** Replaces everything by one final state, from all its entries in any order. */
  load(
    entries: AsyncIterable<StateChange> | Iterable<StateChange>,
    atBlock: BlockId,
  ): Promise<{ stateRoot: Uint8Array }>;
  /** Static checks, signatures, and a precheck on the newest state at the clock's time; null = good. In order. */
  admit(messages: readonly Uint8Array[]): Promise<readonly (Rejection | null)[]>;
  /** Builds on the parent; import ranges that do not start at its cursor fail with `badImport`. */
  build(
    request: BuildRequest,
  ): Promise<Result<BuiltBlock, { readonly code: "badImport"; readonly error: ImportError }>>;
  /** Names a build's state after the block that it became; builds on top stay where they are. */
  bind(ref: { readonly build: number }, blockId: BlockId): void;
  /** Re-executes and compares everything; when good the state is held under `blockId`. */
  verify(request: VerifyRequest): Promise<Result<{ stateRoot: Uint8Array }, ExecutionFault>>;
  /** For a keeper that does not verify this block: applies the update and compares the root. */
  applyUpdate(request: ApplyRequest): Promise<Result<{ stateRoot: Uint8Array }, ApplyFault>>;
  /** From now on the block's state is the oldest held: all that does not descend from it is dropped. */
  finalize(blockId: BlockId): Promise<void>;
  /** Drops states that nothing will build on, with all that descends from them. Unknown ones are ignored. */
  release(refs: readonly StateRef[]): void;
  holds(ref: StateRef): Promise<boolean>;
  /** At the last final block unless told otherwise. */
  account(id: AccountId, at?: BlockId): Promise<AccountView>;
  totals(at?: BlockId): Promise<Totals>;
  /**
   * What executing the block here left for those who ask later, once; none when its update was only applied. At hand
   * without a wait, because finality must not wait for a build.
   */
  takeTraces(at: BlockId): readonly Trace[];
  /** Asks the engine at the last final block unless told otherwise, at the clock's time; blocks go first. */
  query(query: EngineQuery, at?: BlockId): Promise<EngineAnswer>;
  /** Where importing goes on after the given state. */
  cursors(at: StateRef, sources: readonly ThreadId[]): Promise<readonly ImportCursor[]>;
  /** Called whenever all builds were lost and the states of known blocks are made again (a worker was replaced). */
  onLost(listener: () => void): void;
  /** Called at most once, when execution ended by itself (a worker died): make a new one and load it. */
  onDied(listener: (error: ExecutionError) => void): void;
  /** Rejects what is pending with `closed` and frees everything. */
  close(): Promise<void>;
}

/**
 * - `unknownState`: the caller named a state that is not held here;
 * - `overloaded`: a bounded queue is full, try again later;
 * - `tooManyStates`: finalize or release first;
 * - `badEntries`: what was loaded is no state of this engine;
 * - `died`: the worker ended; retry on a new execution;
 * - `closed`: `close` was called.
 */
export type ExecutionErrorCode = "unknownState" | "overloaded" | "tooManyStates" | "badEntries" | "died" | "closed";

const RETRYABLE: Record<ExecutionErrorCode, boolean> = {
  unknownState: false,
  overloaded: true,
  tooManyStates: true,
  badEntries: false,
  died: true,
  closed: false,
};

/** The message of a build that was under way when its worker ended. */
export interface BuildCulprit {
  /** Its place in the request. */
  readonly index: number;
  /** `tooLong`: the worker was ended because the message took more than its time. */
  readonly cause: "died" | "tooLong";
}

/** Why execution could not even answer; says nothing about the block or message. */
export class ExecutionError extends Error {
  override readonly name = "ExecutionError";
  readonly retryable: boolean;
  /** With `died` only, and only when it is known. */
  readonly culprit: BuildCulprit | null;

  constructor(
    readonly code: ExecutionErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly culprit?: BuildCulprit | null },
  ) {
    super(message, options);
    this.culprit = options?.culprit ?? null;
    this.retryable = RETRYABLE[code];
  }
}
