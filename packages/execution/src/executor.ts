import type {
  AccountId,
  Height,
  ImportCursor,
  MessageHash,
  OutboundMessage,
  Receipt,
  Result,
  StateChange,
  Term,
  ThreadId,
  ThreadsTable,
  UnixMs,
} from "@sealwright/types";
import type { AccountProof } from "./state/accountProof.js";
import type { Rejection } from "./rejection.js";

/** Facts that consensus needs of an external message; a function of its bytes alone. */
export interface MessageFacts {
  /** SHA-256 of the bytes as the client sent them. */
  readonly hash: MessageHash;
  /** Decides the thread that executes it. */
  readonly account: AccountId;
  readonly expiresAtMs: UnixMs;
}

/** A message that passed every static check, signature included. Only an executor's `admit` makes one. */
export interface AdmittedMessage extends MessageFacts {
  readonly bytes: Uint8Array;
}

/** What is fixed before a block is built; producer and verifier execute with the same one. */
export interface BlockContext {
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly term: Term;
  readonly timeMs: UnixMs;
  /** 32 bytes (protocol §10). */
  readonly randomnessSeed: Uint8Array;
  readonly threadsTable: ThreadsTable;
}

/** Constants of the network: a block beyond them is invalid. */
export interface BlockLimits {
  readonly gasMax: bigint;
  readonly externalsMax: number;
  /** Messages imported from all other threads together. */
  readonly importsMax: number;
  readonly outboundMax: number;
  /** Externals, outbound messages, receipts and state update together, by an upper bound counted while executing. */
  readonly sizeBytesMax: number;
}

/** An outbound message of another thread's block, and its place there among those for the importing thread. */
export interface InboundMessage {
  readonly at: ImportCursor;
  readonly message: OutboundMessage;
}

/**
 * A run of another thread's messages to this one. `from` is the parent state's cursor for `source` (height 0,
 * position 0 at first); `messages` are all from `from` up to `to`, exclusive. Proving it final is the caller's work.
 */
export interface ImportRange {
  readonly source: ThreadId;
  readonly from: ImportCursor;
  readonly to: ImportCursor;
  readonly messages: readonly InboundMessage[];
}

/** How far a range was imported; less than asked for when the block was full. */
export interface ImportedRange {
  readonly source: ThreadId;
  readonly from: ImportCursor;
  readonly to: ImportCursor;
}

/** Why a range of another thread's messages cannot be imported here. */
export type ImportError =
  | { readonly code: "notContiguous"; readonly source: ThreadId; readonly expected: ImportCursor }
  | { readonly code: "badRange"; readonly source: ThreadId; readonly reason: string };

/** What came of offering one message to a block. A skipped one is not part of it; a full block took nothing. */
export type ApplyOutcome =
  | { readonly type: "applied"; readonly receipt: Receipt }
  | { readonly type: "skipped"; readonly rejection: Rejection }
  | { readonly type: "full" };

/**
 * Native value of one thread, in base units. At all times
 * `balances + fees + sent - received` equals what genesis gave to the thread's accounts.
 */
export interface Totals {
  /** Sum of all balances. */
  readonly balances: bigint;
  /** Fees collected since genesis. */
  readonly fees: bigint;
  /** Value that left accounts in messages to other accounts since genesis, of this thread's queue or of other threads. */
  readonly sent: bigint;
  /** Value that arrived in such messages since genesis. */
  readonly received: bigint;
}

/** How one message changed one account, in the engine's own words: for those who ask later, no part of the block. */
export interface Trace {
  readonly account: AccountId;
  /** Logical time: orders the traces of an account. */
  readonly lt: bigint;
  readonly bytes: Uint8Array;
}

/** A question that changes nothing, to an engine that has contracts. */
export type EngineQuery =
  /** Runs a method of a contract, within the gas of one transaction whatever it accepts. Exit code -14: that was over. */
  | {
      readonly type: "getMethod";
      readonly account: AccountId;
      readonly methodId: number;
      /** Bag of cells of the arguments, a serialized stack. */
      readonly stack: Uint8Array;
    }
  /** What an external message would do, without doing it; within the gas of one transaction, as in a block. */
  | {
      readonly type: "emulate";
      /** Bag of cells of the message. */
      readonly message: Uint8Array;
      /** Every signature counts as good: to learn the price of a message before it is signed. */
      readonly ignoresSignatures: boolean;
    };

/** To the `EngineQuery` of the same name, or why there is none. */
export type EngineAnswer =
  | { readonly type: "getMethod"; readonly exitCode: number; readonly gasUsed: bigint; readonly stack: Uint8Array }
  /** Bag of cells of the transaction. */
  | { readonly type: "emulated"; readonly transaction: Uint8Array }
  | { readonly type: "refused"; readonly rejection: Rejection };

/** One thread's whole state after one block: immutable; states of a chain share what did not change. */
export interface ThreadState {
  readonly threadId: ThreadId;
  /** 32 bytes, as in the block header. */
  readonly root: Uint8Array;
  readonly totals: Totals;
  /** What the engine noted of each message that led here from the parent's state; none when it was not executed here. */
  readonly traces: readonly Trace[];
}

/** Everything that execution adds to a block. */
export interface SealedExecution {
  readonly externals: readonly Uint8Array[];
  readonly outbound: readonly OutboundMessage[];
  /** Of messages that waited in the thread's queue first, then of imported ones, then of externals; each in order. */
  readonly receipts: readonly Receipt[];
  readonly imported: readonly ImportedRange[];
  /** Encoded `StateChange` list. */
  readonly stateUpdate: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly gasUsed: bigint;
  readonly state: ThreadState;
}

/** One block under construction. Imports come before external messages; after `seal` nothing may be called. */
export interface BlockBuilder {
  /** Imports from the front of the range until the block is full. An error leaves the builder as it was. */
  importMessages(range: ImportRange): Result<ImportedRange, ImportError>;
  /** Executes one external message, or says why the block may not hold it, or that no more fits. */
  apply(message: AdmittedMessage): ApplyOutcome;
  seal(): SealedExecution;
}

/** Where and when a message stands at the door. */
export interface PrecheckContext {
  readonly nowMs: UnixMs;
  readonly threadsTable: ThreadsTable;
}

/** Where and when a question is asked. */
export interface QueryContext extends PrecheckContext {
  /**
   * Asked often while a contract runs; then it has run for long enough. Left out: its gas alone ends it. An answer is
   * nothing that two machines have to agree on, so this may follow a clock.
   */
  readonly isOver?: () => boolean;
}

/** Entries or a state update that no honest executor made. */
export type UpdateError = { readonly code: "badUpdate"; readonly reason: string };

/** Value (engine-defined bytes) of an account under a state root, or null with a proof that there is none. */
export interface ProvedAccount {
  readonly value: Uint8Array | null;
  readonly proof: AccountProof;
}

/**
 * An execution engine: synchronous and deterministic, without clock, randomness or disk; it runs inside a worker.
 * The same parent, context, imports and messages give the same bytes on every machine. Nothing that a client or a
 * peer sends makes it throw.
 */
export interface Executor {
  readonly name: string;
  /** For routing and expiry before anything costly; no signature is checked. */
  inspect(message: Uint8Array): Result<MessageFacts, Rejection>;
  /** Static checks with signatures, in one batch; remembers (bounded) what passed, so that it costs once. */
  admit(messages: readonly Uint8Array[]): readonly Result<AdmittedMessage, Rejection>[];
  /** Would a block on this state, at this time, hold and execute the message? Null = as far as is known, yes. */
  precheck(state: ThreadState, message: AdmittedMessage, context: PrecheckContext): Rejection | null;
  /** From the entries of a stored state or of genesis, in any order. */
  load(threadId: ThreadId, entries: Iterable<StateChange>): Result<ThreadState, UpdateError>;
  open(parent: ThreadState, context: BlockContext, limits: BlockLimits): BlockBuilder;
  /** Follows a block without executing it; the caller compares the new root with the header's. */
  applyUpdate(parent: ThreadState, context: BlockContext, update: Uint8Array): Result<ThreadState, UpdateError>;
  account(state: ThreadState, id: AccountId): ProvedAccount;
  /** Where importing from `source` goes on. */
  cursor(state: ThreadState, source: ThreadId): ImportCursor;
  /** Asks the engine at a state; one without contracts refuses every question. */
  query(state: ThreadState, query: EngineQuery, context: QueryContext): EngineAnswer;
  /** What a receipt's code means; null for 0, done. */
  describeReceipt(code: number): Rejection | null;
}
